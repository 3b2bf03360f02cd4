import EventLog
import Foundation
import Ingest
import Synchronization

/// A client of the protocol, without a socket.
final class TestClient {
    let session: IngestSession
    private let rig: Rig
    private let workspace: IngestWorkspace
    private let later: Box
    /// What came back at once, and what came when the log was durable.
    private var outputs: [IngestOutput]

    final class Box: Sendable {
        let outputs = Mutex<[IngestOutput]>([])
        let wakeUps = Atomic<Int>(0)
    }

    init(_ rig: Rig, _ connection: IngestConnection, _ workspace: IngestWorkspace) throws {
        self.rig = rig
        self.workspace = workspace
        let box = Box()
        later = box
        session = IngestSession(
            rig.service, connection, workspace, deliver: { outputs in box.outputs.withLock { $0 += outputs } },
            lookedUp: { box.wakeUps.wrappingAdd(1, ordering: .relaxed) })
        outputs = try session.open()
    }

    /// Sends messages that arrive in one read.
    func send(_ messages: String...) { send(messages) }

    func send(_ messages: [String]) {
        for message in messages { Data(message.utf8).withUnsafeBytes { workspace.frames.append(text: $0) } }
        outputs += session.receive()
    }

    func send(bytes: [UInt8], isText: Bool = true) {
        bytes.withUnsafeBytes { bytes in
            if isText { workspace.frames.append(text: bytes) } else { workspace.frames.append(binary: bytes) }
        }
        outputs += session.receive()
    }

    func close() { session.end() }

    /// Does what outputs ask for besides sending: verifies tokens, and fetches blobs.
    func work() async throws {
        try rig.log.flush()
        for output in outputs + later.outputs.withLock({ $0 }) {
            switch output {
            case .verify(let token):
                guard let tokens = rig.service.tokens else { continue }
                outputs += session.finish(await tokens.verify(token))
            case .fetch(let key): outputs.append(.send(Reply.blob(try await rig.blobs.value(of: key))))
            default: break
            }
        }
    }

    /// How often the session was told that something was looked up.
    var wakeUps: Int { later.wakeUps.load(ordering: .relaxed) }

    /// Something was looked up, or the time for that is over.
    func goOn() { outputs += session.goOn() }

    /// The time is over that an output asked for.
    func wake() { outputs += session.wake() }

    /// All that has come back since the last call, when everything sent is durable.
    func answers() throws -> [IngestOutput] {
        try rig.log.flush()
        let all = outputs + later.outputs.withLock { $0 }
        outputs = []
        later.outputs.withLock { $0 = [] }
        return all
    }

    /// The same as JSON; a close is `{"close":CODE}`.
    func replies() throws -> [JSON] {
        try answers().map { output in
            switch output {
            case .send(let text): JSON(text)
            case .close(let code, _): JSON("{\"close\":\(code)}")
            case .stopReading: JSON("{\"reading\":false}")
            case .readOn: JSON("{\"reading\":true}")
            case .pause(let time): JSON("{\"pause\":\(time)}")
            case .verify: JSON("{\"verify\":true}")
            case .wake(let time): JSON("{\"wake\":\(time)}")
            case .awaitLookups(let time): JSON("{\"lookups\":\(time)}")
            case .fetch: JSON("{\"fetch\":true}")
            }
        }
    }

    /// The reasons of all errors since the last call.
    func errors() throws -> [String] {
        try replies().filter { $0["status"].text == "error" }.compactMap { $0["reason"].text }
    }
}
