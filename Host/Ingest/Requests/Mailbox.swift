import Synchronization

/// Hands values to one task that waits for them, in order. Waiting goes on if the task is cancelled: what has arrived is not left
/// half done. `put`: any thread.
final class Mailbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var reader: CheckedContinuation<Element, Never>?
    }

    private let state = Mutex(State())

    func put(_ element: Element) {
        let reader = state.withLock { state -> CheckedContinuation<Element, Never>? in
            defer { state.reader = nil }
            if state.reader == nil { state.elements.append(element) }
            return state.reader
        }
        reader?.resume(returning: element)
    }

    /// The oldest value; waits for one. Not for two tasks at once.
    func take() async -> Element {
        await withCheckedContinuation { continuation in
            let element = state.withLock { state -> Element? in
                if state.elements.isEmpty {
                    state.reader = continuation
                    return nil
                }
                return state.elements.removeFirst()
            }
            if let element { continuation.resume(returning: element) }
        }
    }
}
