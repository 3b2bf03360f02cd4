import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOPosix

/// How operators have students erased.
package struct ErasureRequests: Sendable {
    /// Decides that a student is erased, so that no more events of the student are taken, and has it carried out soon. Returns the
    /// pseudonym under which the certificate will be found. Blocks.
    package var erase: @Sendable (_ student: String) throws -> String
    /// The certificate of a student's erasure that was carried out, in JSON; nil: there is none (yet). Blocks.
    package var certificate: @Sendable (_ pseudonym: String) -> String?

    package init(
        erase: @escaping @Sendable (_ student: String) throws -> String,
        certificate: @escaping @Sendable (_ pseudonym: String) -> String?
    ) {
        self.erase = erase
        self.certificate = certificate
    }
}

/// Operators erase students: `POST /api/v1/erasures` with `{"student": ID}` answers 202 and `{"erasure": PSEUDONYM}` when it is
/// decided; the host then begins anew and carries it out. `GET /api/v1/erasures/PSEUDONYM` is the certificate, 404 before.
struct ErasureRoutes {
    let requests: ErasureRequests?

    private static let bodyBytes = 64 << 10

    private struct Body: Decodable {
        let student: String
    }

    func add(to router: Router<WebRequestContext>) {
        router.post("/api/v1/erasures") { request, context in
            try context.require(.operator)
            return try await erase(request)
        }
        router.get("/api/v1/erasures/{erasure}") { _, context in
            try context.require(.operator)
            let pseudonym = try context.parameters.require("erasure")
            let requests = requests
            let found: String? = try await NIOThreadPool.singleton.runIfActive {
                pseudonym.allSatisfy(\.isHexDigit) ? requests?.certificate(pseudonym) : nil
            }
            guard let found else {
                throw WebError.notFound(
                    "There is no certificate of an erasure \(pseudonym); it may still be under way.")
            }
            return Response.text(found, type: "application/json; charset=utf-8")
        }
    }

    private func erase(_ request: Request) async throws -> Response {
        guard let requests else { throw WebError(.conflict, "no-erasure", "This host can't erase students.") }
        var request = request
        let body = try await request.collectBody(upTo: Self.bodyBytes)
        guard let wanted = try? JSONDecoder().decode(Body.self, from: Data(body.readableBytesView)),
            !wanted.student.isEmpty
        else { throw WebError(.badRequest, "wrong-body", "Expected {\"student\": ID}, in JSON.") }
        let pseudonym = try await NIOThreadPool.singleton.runIfActive {
            do {
                return try requests.erase(wanted.student)
            } catch {
                throw WebError(.conflict, "erasure-failed", "\(error)")
            }
        }
        var json = JSONWriter()
        json.object { $0.member("erasure", pseudonym) }
        return .json(json, status: .accepted)
    }
}
