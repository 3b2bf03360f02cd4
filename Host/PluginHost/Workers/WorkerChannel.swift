import Glibc
package import Records
import Synchronization

/// What host and worker tell each other. The first byte of a message.
package enum WorkerMessageKind: UInt8, Sendable {
    // From the host.
    /// Which library to load, and what it is told.
    case load = 1
    /// What the shards have in common.
    case shards
    /// A stored checkpoint, for a shard.
    case restore
    /// Folding may begin.
    case begin
    /// Of a view: forget what is shown; take a checkpoint; make rows; say which rows have changed; list states.
    case viewOpen, viewApply, viewRows, viewChanges, viewStates
    /// A source is to read a line.
    case decode
    /// A function is to be called for many rows.
    case call
    /// Stored states are to become those of another version.
    case migrate

    // From the worker.
    case described = 64
    case refused
    case restored
    case failed
    case log
    case rejected
    /// How often filter rules did what.
    case filtered
    case checkpoint
    /// A shard has folded all it was given and has taken its last checkpoint.
    case finished
    /// The answer to a request of a view, a source, a function or a migration.
    case answer
}

/// One end of the socket between the host and a worker: whole messages, in order. Any thread may send, one receives.
package final class WorkerChannel: Sendable {
    package let descriptor: Int32
    /// The longest message that is taken, in bytes.
    private let limit: Int
    private let sending = Mutex(())

    package init(_ descriptor: Int32, limit: Int = 1 << 30) {
        self.descriptor = descriptor
        self.limit = limit
    }

    deinit { close(descriptor) }

    /// Sends a message. Returns false if the other end is gone. Blocks while the other end does not read.
    @discardableResult
    package func send(_ kind: WorkerMessageKind, _ body: borrowing Bytes) -> Bool {
        send(kind, body.contents)
    }

    @discardableResult
    package func send(_ kind: WorkerMessageKind, _ body: UnsafeRawBufferPointer = .init(start: nil, count: 0)) -> Bool {
        var head = (UInt64(body.count) << 8 | UInt64(kind.rawValue)).littleEndian
        return sending.withLock { _ in
            withUnsafeBytes(of: &head) { write($0) } && write(body)
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = Glibc.send(descriptor, bytes.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
            if count > 0 { done += count } else if errno != EINTR { return false }
        }
        return true
    }

    /// The next message; nil once the other end is gone.
    package func receive() throws(MalformedMessage) -> (kind: WorkerMessageKind, body: [UInt8])? {
        var head: UInt64 = 0
        guard withUnsafeMutableBytes(of: &head, read) else { return nil }
        head = UInt64(littleEndian: head)
        guard let kind = WorkerMessageKind(rawValue: UInt8(truncatingIfNeeded: head)), head >> 8 <= UInt64(limit) else {
            throw MalformedMessage(
                "a message of kind \(head & 0xff) and \(head >> 8) bytes; at most \(limit) are taken")
        }
        let length = Int(head >> 8)
        var isWhole = true
        let body = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            isWhole = read(UnsafeMutableRawBufferPointer(buffer))
            count = isWhole ? length : 0
        }
        return isWhole ? (kind, body) : nil
    }

    private func read(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = Glibc.read(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count > 0 { done += count } else if count == 0 || errno != EINTR { return false }
        }
        return true
    }
}
