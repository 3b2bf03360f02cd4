import Foundation
import Glibc
import Synchronization

/// The lines of a file for a program's standard input, ever more slowly, so that some are left however long a test takes;
/// `release` gives the rest.
final class LastingInput {
    /// A step's part of what is left: half of it within seven seconds.
    private static let (step, part): (useconds_t, Double) = (20_000, 0.002)

    private final class State: Sendable {
        let isReleased = Atomic(false)
    }

    /// What the program reads; to be closed when it has begun.
    let readingEnd: Int32
    private let state = State()

    init(_ path: String) throws {
        var ends: [Int32] = [0, 0]
        // Not a pipe: writing to it when the program has been killed must not end this process.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
            throw Failure("socketpair failed: \(errno)")
        }
        readingEnd = ends[0]
        let lines = try lines(of: path).map { Array("\($0)\n".utf8) }
        Thread.detachNewThread { [state, writingEnd = ends[1]] in
            Self.write(lines, to: writingEnd, state)
            close(writingEnd)
        }
    }

    deinit { release() }

    func release() { state.isReleased.store(true, ordering: .relaxed) }

    private static func write(_ lines: [[UInt8]], to end: Int32, _ state: State) {
        var sent = 0
        var due = 0.0
        while sent < lines.count {
            if state.isReleased.load(ordering: .relaxed) {
                due = Double(lines.count)
            } else {
                usleep(step)
                due += (Double(lines.count) - due) * part
            }
            while sent < min(lines.count, Int(due)) {
                guard send(lines[sent], to: end) else { return }
                sent += 1
            }
        }
    }

    private static func send(_ line: [UInt8], to end: Int32) -> Bool {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(end, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
