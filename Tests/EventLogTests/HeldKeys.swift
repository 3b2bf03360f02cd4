import EventLog
import Synchronization

/// Students' keys in memory, which may be away.
final class HeldKeys: StudentKeyStore {
    struct Away: Error {}

    private struct State {
        var keys: [UInt64: StoredKey] = [:]
        var erased: Set<UInt64> = []
        var isAway = false
        var questions = 0
    }

    let name = "the test's keys"
    private let state = Mutex(State())

    func find(_ actors: [UInt64]) throws -> [StoredKey?] {
        try asked { state in actors.map { state.keys[$0] } }
    }

    func insert(_ keys: [(actor: UInt64, key: StudentKey)]) throws {
        try asked { state in
            for (actor, key) in keys where state.keys[actor] == nil { state.keys[actor] = .key(key) }
        }
    }

    func erased() throws -> Set<UInt64> { try asked { $0.erased } }

    private func asked<Result>(_ body: (inout State) -> Result) throws -> Result {
        try state.withLock { state in
            if state.isAway { throw Away() }
            state.questions += 1
            return body(&state)
        }
    }

    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    /// How often it was asked for something.
    var questions: Int { state.withLock { $0.questions } }

    func destroy(_ actor: UInt64) {
        state.withLock { state in
            state.keys[actor] = .destroyed
            state.erased.insert(actor)
        }
    }

    func replace(_ actor: UInt64, with key: StoredKey?) { state.withLock { $0.keys[actor] = key } }
}
