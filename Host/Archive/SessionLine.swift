import CRecords
import FoundationEssentials
import Glibc
import Records

/// The first line of an archived file: what all its events share.
struct SessionLine {
    private struct Line: Decodable {
        struct Record: Decodable {
            struct Locked: Decodable { var source: String? }
            var locked: Locked?
        }
        var session: UInt32
        var record: Record?
    }

    let source: String?

    /// Nil if it is none.
    init?(_ line: UnsafeRawBufferPointer) {
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)) else { return nil }
        source = line.record?.locked?.source
    }

    /// - Parameters:
    ///   - log: the log's id, in hexadecimal.
    ///   - begun: microseconds since 1970 UTC.
    ///   - record: the payload of the session's record; nil: the events refer to none.
    static func append(_ file: ArchivedFile, log: String, begun: Int64, record: [UInt8]?, to bytes: inout Bytes) {
        bytes.append("{\"session\":\(file.session),\"part\":\(file.part),\"log\":\"\(log)\",\"begun\":")
        bytes.appendJSON(microseconds: begun)
        bytes.append(",\"record\":")
        if let record { record.withUnsafeBytes { bytes.appendLine($0) } } else { bytes.append("null") }
        bytes.append("}\n")
    }
}

extension Bytes {
    /// Appends a JSON text with spaces in place of its line feeds: between its tokens they mean the same, and within them
    /// there are none.
    mutating func appendLine(_ json: UnsafeRawBufferPointer) {
        let start = count
        append(json)
        guard let first = json.baseAddress, memchr(first, 10, json.count) != nil else { return }
        for index in start..<count where raw.start[index] == 10 { raw.start[index] = 32 }
    }
}
