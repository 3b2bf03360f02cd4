import Ingest
import Kafka
import Records
import Synchronization

/// A partition of a topic, on its way into the log: as a connection whose frames are numbered by their offsets. So the log itself
/// knows how far it has been read, and a message that comes twice counts once. Confined to the thread that reads.
final class TopicPartition {
    /// What other threads have to say.
    private struct Calls {
        var outputs: [IngestOutput] = []
        var isLookedUp = false
    }

    let topic: String
    let partition: Int
    /// The offset of the next message.
    private(set) var next: Int64
    private var committed: Int64
    /// Nothing is to be read.
    private(set) var isPaused = false
    private let session: IngestSession
    private let workspace: IngestWorkspace
    private let calls: Box<Calls>
    private var isBehind = false
    /// When what waits goes on in any case, in microseconds.
    private var deadline: Int64?

    /// Why nothing more can be read from it.
    private(set) var failure: String?

    private final class Box<Value: Sendable>: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }

    init(_ service: IngestService, _ workspace: IngestWorkspace, _ topic: TopicsConfiguration.Topic, _ partition: Int) {
        self.topic = topic.name
        self.partition = partition
        self.workspace = workspace
        let calls = Box(Calls())
        self.calls = calls
        session = IngestSession(
            service, service.connection(topic: topic.name, partition: partition, type: topic.type), workspace,
            deliver: { outputs in calls.value.withLock { $0.outputs += outputs } },
            lookedUp: { calls.value.withLock { $0.isLookedUp = true } })
        next = Int64(session.durable)
        committed = next
    }

    /// Whether nothing of it has ever been read.
    var isNew: Bool { next == 0 }

    /// Begins elsewhere: what comes before is not there any more, or not wanted.
    func begin(at offset: Int64) { next = offset }

    /// Adds a message to those that `receive` takes.
    func add(_ message: KafkaConsumer.Message) {
        next = max(next, message.offset + 1)
        workspace.frames.append(text: message.value, number: UInt64(message.offset + 1), time: message.time)
    }

    /// Takes the messages in the workspace.
    func receive() { perform(session.receive()) }

    /// Does what there is to do without a message.
    func goOn() {
        let said = calls.value.withLock { calls in
            defer { calls = Calls() }
            return calls
        }
        perform(said.outputs)
        if said.isLookedUp || deadline.map({ $0 <= MonotonicClock.microseconds }) == true {
            deadline = nil
            perform(session.goOn())
        }
    }

    /// The offset up to which everything is durable since it was last asked; nil: as before.
    func takeDurable() -> Int64? {
        let durable = Int64(session.durable)
        guard durable > committed else { return nil }
        committed = durable
        return durable
    }

    func end() { session.end() }

    private func perform(_ outputs: [IngestOutput]) {
        for output in outputs {
            switch output {
            case .stopReading: isBehind = true
            case .readOn: isBehind = false
            case .awaitLookups(let microseconds): deadline = MonotonicClock.microseconds + microseconds
            case .close(_, let reason): failure = reason.isEmpty ? "it was closed" : reason
            // A topic's producers listen to nobody: what was refused is in the dead letters.
            case .send, .pause, .verify, .wake, .fetch: break
            }
        }
        isPaused = isBehind || session.isWaiting
    }
}
