import CCurl
import FoundationEssentials
import Glibc
import Records
import Settings

/// Looks up at a web service: GET of the source's address and the enricher's path. 404 says that nothing is known.
final class HTTPSource: LookupSource {
    private let configuration: SourceConfiguration.HTTP
    /// Keeps the connection open from one request to the next.
    private let session: OpaquePointer

    init(_ configuration: SourceConfiguration.HTTP) {
        self.configuration = configuration
        session = lectern_fetch_begin()
    }

    deinit { lectern_fetch_end(session) }

    func look(up question: Question) throws(LookupFailure) -> [String: JSONTree]? {
        let headers = configuration.headers.map { strdup("\($0.name): \($0.value.value)") }
        defer { for header in headers { free(header) } }
        var fetched = headers.map { UnsafePointer($0) }.withUnsafeBufferPointer { headers in
            lectern_fetch_by(
                session, address(of: question), headers.baseAddress, headers.count, configuration.bytes,
                Int(configuration.timeout.microseconds / 1000))
        }
        guard let bytes = fetched.bytes else {
            if fetched.status == 404 { return nil }
            let reason = withUnsafeBytes(of: &fetched.error) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            // 429 and 5xx: it is busy, or broken. Everything else is about this request.
            let isAway = fetched.status == 0 || fetched.status == 429 || fetched.status >= 500
            throw isAway ? .away(reason) : .refused(reason)
        }
        defer { free(bytes) }
        let body = Data(bytes: bytes, count: fetched.count)
        guard case .object(let members) = try? JSONDecoder().decode(JSONTree.self, from: body) else {
            throw .refused("the answer is no JSON object")
        }
        return members
    }

    /// `https://school.example/users/{actor}` with the parts in place of their names.
    private func address(of question: Question) -> String {
        zip(question.names, question.parts).reduce(configuration.url + question.enricher.path) { address, part in
            address.replacing("{\(part.0)}", with: Self.encoded(part.1))
        }
    }

    /// As a part of a path, or a value of a query (RFC 3986): everything but letters, digits and `-._~` is encoded.
    private static func encoded(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case 45, 46, 95, 126, 48...57, 65...90, 97...122: result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
