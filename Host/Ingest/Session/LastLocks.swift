import EventLog
import Records
import Synchronization

/// The fields that each actor's last connection has locked.
///
/// A client of Learning Observer that connects again sends what it has queued first, and then the lock. Where that does not
/// come in time, its events are taken with what it had locked before. Any thread.
final class LastLocks: Sendable {
    private struct Entry {
        var json: [UInt8]
        var use: UInt64
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var bytes = 0
        var uses: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: bytes that are remembered; what was used longest ago is forgotten first.
    init(limit: Int) { self.limit = limit }

    /// What the session records of the log's last segment say: those of connections that were open when it began, and since.
    convenience init(limit: Int, of log: EventLog) throws {
        self.init(limit: limit)
        guard limit > 0 else { return }
        let cursor = try LogCursor(log, from: log.nextPositions)
        while let chunk = try cursor.next(through: log.durableEnd) {
            for index in 0..<chunk.count where chunk[index].kind == .session { note(record: chunk[index].payload) }
        }
    }

    func note(_ actor: String, _ json: [UInt8]) {
        guard limit > 0, json.count + actor.utf8.count <= limit else { return }
        state.withLock { state in
            state.uses += 1
            remove(actor, &state)
            state.entries[actor] = Entry(json: json, use: state.uses)
            state.bytes += json.count + actor.utf8.count
            guard state.bytes > limit else { return }
            // In one sweep, so that a full memory costs little each time.
            for (name, _) in state.entries.sorted(by: { $0.value.use < $1.value.use }) where state.bytes > limit / 4 * 3
            {
                remove(name, &state)
            }
        }
    }

    func last(of actor: String) -> [UInt8]? { state.withLock { $0.entries[actor]?.json } }

    private func remove(_ actor: String, _ state: inout State) {
        guard let old = state.entries.removeValue(forKey: actor) else { return }
        state.bytes -= old.json.count + actor.utf8.count
    }

    private func note(record: UnsafeRawBufferPointer) {
        let members = JSONStructure.members(of: record)
        func value(_ name: String) -> [UInt8]? {
            members.first { record[$0.name].elementsEqual("\"\(name)\"".utf8) }.map { Array(record[$0.value]) }
        }
        guard let locked = value("locked"), locked.count > 2, let auth = value("auth"),
            let actor = SessionRecord.safeUserID(auth: auth)
        else { return }
        note(actor, locked)
    }
}
