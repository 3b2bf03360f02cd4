import Foundation
import Web

/// What operators ask of a running host's plugins, and what it answers.
struct OperatorClient {
    /// The host was not there, or went away before it had answered.
    struct NoAnswer: Error, CustomStringConvertible {
        let description: String
    }

    /// What a change came to.
    struct Answer: Decodable {
        struct Change: Decodable {
            let id: String
            let change: String
            let build: String
        }

        struct Shadow: Decodable {
            let id: String
            let events: Int
            let states: Int
            let changed: Int
        }

        let changes: [Change]
        let shadow: [Shadow]
        let rebuilt: [String]
        let migrated: [String]
        let refused: [String]
        let seconds: Double
    }

    private struct Refusal: Decodable {
        struct Reason: Decodable { let message: String }
        let error: Reason
    }

    let address: HostAddress
    /// An operator's; nil: none.
    let token: String?

    /// - Parameter token: a file with an operator's token, such as the host's own tokens.
    init(_ address: HostAddress, tokenFile: String?) throws {
        self.address = address
        token = try tokenFile.map { try TokenFile.token(of: "operator", in: $0) }
    }

    /// `POST /api/v1/plugins/PLUGIN/ACTION`, or of all plugins.
    ///
    /// - Throws: `InputFailure` with what the host says, `NoAnswer` if it says nothing.
    func post(_ action: String, _ plugin: String?) throws -> (answer: Answer, body: String) {
        let path = "/api/v1/plugins/\(plugin.map { "\($0)/" } ?? "")\(action)"
        let (status, body) = try run(HostRequest("POST", address, path: path, token: token), seconds: 600)
        guard status == 200, let answer = try? JSONDecoder().decode(Answer.self, from: Data(body.utf8)) else {
            throw failure(status, body)
        }
        return (answer, body)
    }

    /// `GET`, 200 expected.
    func get(_ path: String) throws -> String {
        let (status, body) = try run(HostRequest("GET", address, path: path, token: token), seconds: 60)
        guard status == 200 else { throw failure(status, body) }
        return body
    }

    /// A request with a body of JSON; an answer of success expected.
    func send(_ method: String, _ path: String, body: [UInt8]) throws -> String {
        let request = HostRequest(method, address, path: path, token: token, body: body, type: "application/json")
        let (status, body) = try run(request, seconds: 60)
        guard 200..<300 ~= status else { throw failure(status, body) }
        return body
    }

    /// As `get`; nil if there is no such thing.
    func find(_ path: String) throws -> String? {
        let (status, body) = try run(HostRequest("GET", address, path: path, token: token), seconds: 60)
        if status == 404 { return nil }
        guard status == 200 else { throw failure(status, body) }
        return body
    }

    private func run(_ request: HostRequest, seconds: Int) throws -> (status: Int, body: String) {
        do throws(ConnectionFailure) {
            return try request.run(seconds: seconds)
        } catch {
            throw NoAnswer(description: "\(address): \(error.reason)")
        }
    }

    private func failure(_ status: Int, _ body: String) -> InputFailure {
        let reason = (try? JSONDecoder().decode(Refusal.self, from: Data(body.utf8)))?.error.message
        let remedy = status == 401 || status == 403 ? " Name a file with an operator's token: --token." : ""
        return InputFailure("\(address): \(reason ?? "answered with status \(status)")\(remedy)")
    }
}

extension OperatorClient.Answer {
    /// What has changed, a line each.
    var lines: [String] {
        changes.map { change in
            PluginChange.text(
                change.id, change.change, build: change.build, isRebuilt: rebuilt.contains(change.id),
                isMigrated: migrated.contains(change.id))
        }
            + shadow.map {
                "\($0.id): \($0.changed) of the \($0.states) states that the last \($0.events) events make differ from "
                    + "the build before"
            }
    }
}
