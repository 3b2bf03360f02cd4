import Glibc
import Records
import Synchronization

/// What arrives on connections before they have said who they are, for operators to look at: a side segment, bounded, and no
/// part of the log.
///
/// Two files of lines lie in `early-frames/` of the log's folder. When the younger one has half of the limit, the older one is
/// deleted and a new one begun, so that a flood costs older frames and no more of the disk. A thread of its own writes;
/// `add` never waits for it. Nothing is synced: what a crash of the machine takes was not promised to anybody.
///
/// All members: any thread.
///
/// `@unchecked Sendable`: variables are used under `lock` alone, but for `files`, which is used under `writing` alone.
package final class EarlyFrames: @unchecked Sendable {
    private let configuration: EarlyFramesConfiguration
    private let lock = Lock()
    private let changed = Lock.Condition()
    private let writing = Lock()
    private var waiting = Bytes()
    private var isStopping = false
    private var files: EarlyFrameFiles
    /// Nil before the first frame.
    private var thread: WorkThread?
    private let droppedCount = Atomic<UInt64>(0)
    private let keptCount = Atomic<UInt64>(0)
    private let connections = Atomic<UInt64>(0)

    /// - Parameter log: the folder of the log.
    package init(log: String, _ configuration: EarlyFramesConfiguration) throws {
        self.configuration = configuration
        files = try EarlyFrameFiles(Self.folder(log), limit: configuration.limitBytes)
    }

    static func folder(_ log: String) -> String { "\(log)/early-frames" }

    /// Frames that were handed to the files, and that were left out because too many waited.
    package var kept: UInt64 { keptCount.load(ordering: .relaxed) }
    package var dropped: UInt64 { droppedCount.load(ordering: .relaxed) }

    /// A number for a connection that has frames here; from 1 since the host's start.
    package func newConnection() -> UInt64 { connections.add(1, ordering: .relaxed).newValue }

    /// Adds a frame, unless too many wait.
    /// - Parameters:
    ///   - connection: from `newConnection`.
    ///   - received: microseconds since 1970 UTC.
    package func add(_ frame: UnsafeRawBufferPointer, connection: UInt64, peer: String, received: Int64) {
        guard configuration.limitBytes > 0 else { return }
        lock.lock()
        let before = waiting.count
        var isTaken = !isStopping && before + frame.count <= configuration.bufferBytes
        if isTaken {
            EarlyFrame.append(frame, connection: connection, peer: peer, received: received, to: &waiting)
            // Escaped it may have become longer.
            isTaken = waiting.count <= configuration.bufferBytes
            if !isTaken { waiting.truncate(to: before) }
        }
        if isTaken, thread == nil { thread = WorkThread(name: "early frames") { [unowned self] in run() } }
        lock.unlock()
        guard isTaken else {
            droppedCount.add(1, ordering: .relaxed)
            return
        }
        keptCount.add(1, ordering: .relaxed)
        if before == 0 { changed.signal() }
    }

    /// Deletes all that is there, and what waits to be written. Blocks for the length of a write.
    package func removeAll() throws {
        writing.lock()
        defer { writing.unlock() }
        lock.lock()
        waiting.truncate()
        lock.unlock()
        try files.removeAll()
    }

    /// As `removeAll`, of a log that no host has open.
    /// - Parameter log: the folder of the log.
    package static func removeAll(log: String) throws {
        for path in try EarlyFrameFiles.paths(folder(log)) { try File.remove(path) }
    }

    /// Gives the lines to `body`, the oldest first, until it returns false; also while a host writes them. A line is borrowed
    /// for the call.
    /// - Parameter log: the folder of the log.
    package static func forEachLine(log: String, _ body: (UnsafeRawBufferPointer) throws -> Bool) throws {
        for path in try EarlyFrameFiles.paths(folder(log)) {
            // The host may delete it meanwhile.
            guard let bytes = try? File(path, O_RDONLY).contents() else { continue }
            var start = 0
            while let feed = bytes[start...].firstIndex(of: 10) {
                guard try bytes[start..<feed].withUnsafeBytes(body) else { return }
                start = feed + 1
            }
        }
    }

    /// Writes what waits, and ends. Later frames are left out.
    package func close() {
        lock.lock()
        isStopping = true
        let running = thread
        thread = nil
        lock.unlock()
        changed.signal()
        running?.join()
    }

    private func run() {
        while true {
            lock.lock()
            while waiting.count == 0, !isStopping { changed.wait(lock) }
            let isLast = isStopping
            lock.unlock()
            write()
            if isLast { return }
            // What comes together is written together.
            usleep(20_000)
        }
    }

    private func write() {
        writing.lock()
        defer { writing.unlock() }
        lock.lock()
        var taken = Bytes()
        swap(&taken, &waiting)
        lock.unlock()
        // A disk that is full stops the log, which says so; these are only looked at.
        do { try files.write(taken.contents) } catch { droppedCount.add(1, ordering: .relaxed) }
    }
}
