import Synchronization

/// How many frames of a connection were appended and are not durable yet. Any thread; once for each read of a socket.
final class WaitingFrames: Sendable {
    private let count = Atomic<Int>(0)

    /// Returns how many they are with these.
    func add(_ frames: Int) -> Int { count.add(frames, ordering: .relaxed).newValue }

    func remove(_ frames: Int) { count.subtract(frames, ordering: .relaxed) }
}
