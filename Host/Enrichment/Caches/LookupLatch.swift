import Synchronization

/// Calls back once everything is there that it waits for. Any thread.
package final class LookupLatch: Sendable {
    private let count = Atomic<Int>(1)
    private let then: @Sendable () -> Void

    /// It waits for its maker, too, who calls `leave` when nothing more is to be waited for.
    package init(_ then: @escaping @Sendable () -> Void) { self.then = then }

    func enter() { count.wrappingAdd(1, ordering: .relaxed) }

    package func leave() {
        if count.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { then() }
    }
}

/// A value that is being found out, once for all who want it. Any thread.
final class Flight<Value: Sendable>: Sendable {
    private let state = Mutex<(value: Value?, latches: [LookupLatch])>((nil, []))

    /// Nil: not yet.
    var value: Value? { state.withLock { $0.value } }

    /// The latch waits for the value, too.
    func hold(_ latch: LookupLatch) {
        state.withLock { state in
            guard state.value == nil else { return }
            latch.enter()
            state.latches.append(latch)
        }
    }

    func land(_ value: Value) {
        let latches = state.withLock { state in
            state.value = value
            defer { state.latches = [] }
            return state.latches
        }
        for latch in latches { latch.leave() }
    }
}
