import Enrichment
import Foundation
import Records
import Synchronization

/// A source that says what a test has it say, and remembers what it was asked.
final class Script: Sendable {
    enum Saying: Sendable {
        case row([String: JSONTree])
        case nothing
        case failure(LookupFailure)
    }

    private struct State {
        var saying: [String: Saying] = [:]
        var otherwise = Saying.nothing
        var asked: [String] = []
        var isStalled = false
    }

    private let state = Mutex(State())

    /// What it says of a key from now on.
    func say(_ saying: Saying, of key: String) { state.withLock { $0.saying[key] = saying } }
    /// What it says of all other keys.
    func sayOtherwise(_ saying: Saying) { state.withLock { $0.otherwise = saying } }
    /// From now on it does not answer, or does again.
    func stall(_ isStalled: Bool) { state.withLock { $0.isStalled = isStalled } }

    /// The keys that were asked for, in order.
    var asked: [String] { state.withLock { $0.asked } }

    fileprivate func answer(_ key: String) throws(LookupFailure) -> [String: JSONTree]? {
        state.withLock { $0.asked.append(key) }
        while state.withLock({ $0.isStalled }) { usleep(200) }
        switch state.withLock({ $0.saying[key] ?? $0.otherwise }) {
        case .row(let row): return row
        case .nothing: return nil
        case .failure(let failure): throw failure
        }
    }
}

final class ScriptedSource: LookupSource {
    private let script: Script

    init(_ script: Script) { self.script = script }

    func look(up question: Question) throws(LookupFailure) -> [String: JSONTree]? {
        try script.answer(question.parts.joined(separator: "/"))
    }
}

/// Time that goes on when a test says so, in microseconds.
final class TestClock: Sendable {
    private let time = Atomic<Int64>(1_000_000_000)
    var now: Int64 { time.load(ordering: .relaxed) }
    func advance(seconds: Double) { time.wrappingAdd(Int64(seconds * 1_000_000), ordering: .relaxed) }
}
