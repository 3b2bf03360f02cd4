import EventLog
import Glibc
package import Records

/// Publishes events into files, a line each. What it has confirmed is a file's number and length: what a crash leaves beyond
/// them is cut off at the next start and published again, so that each event is there once. Not thread-safe.
package final class FileOutput: EventOutput {
    private let configuration: FileOutputConfiguration
    private let folder: PublishedFolder
    /// The file that grows, and how long it is.
    private var part = 1
    private var bytes = 0
    private var file: File?

    package init(_ configuration: FileOutputConfiguration) {
        self.configuration = configuration
        folder = PublishedFolder(configuration.directory)
    }

    package var progress: [String: Int] { [Self.partKey: part, Self.bytesKey: bytes] }

    private static let partKey = "part", bytesKey = "bytes"

    package func open(_ progress: [String: Int]?, report: (String) -> Void) throws(OutputError) {
        do {
            try File.makeFolder(folder.path)
            try goBack(to: progress, report)
        } catch {
            throw OutputError("\(error)")
        }
    }

    /// Cuts off, in a folder of files, what is not confirmed, and has the next event begin a new file. For those who change
    /// the files while no host publishes.
    ///
    /// - Returns: what is to be stored as progress.
    package static func close(
        _ folder: PublishedFolder, at progress: [String: Int], report: (String) -> Void
    ) throws(OutputError) -> [String: Int] {
        let output = FileOutput(FileOutputConfiguration(directory: folder.path))
        try output.open(progress, report: report)
        if output.bytes > 0 { output.begin(output.part + 1) }
        return output.progress
    }

    private func goBack(to progress: [String: Int]?, _ report: (String) -> Void) throws {
        let parts = try folder.parts()
        guard let progress, let part = progress[Self.partKey], let bytes = progress[Self.bytesKey] else {
            // Files of somebody before.
            begin((parts.last ?? 0) + 1)
            return
        }
        for number in parts where number > part { try File.remove(folder.path(ofPart: number)) }
        begin(part)
        guard parts.contains(part) else {
            if bytes > 0 {
                report("\(folder.path(ofPart: part)): is gone; events go on in the next file")
                begin(part + 1)
            }
            return
        }
        let file = try folder.file(ofPart: part, O_RDWR)
        let size = try file.size()
        if size < bytes {
            report(
                "\(file.path): has \(size) bytes, \(bytes) expected; what is missing is gone, and events go on in the next "
                    + "file")
            begin(part + 1)
        } else {
            if size > bytes { try file.truncate(to: bytes) }
            self.bytes = bytes
            self.file = file
        }
    }

    private func begin(_ part: Int) {
        self.part = part
        bytes = 0
        file = nil
    }

    package func publish(_ batch: EventBatch, isOver: () -> Bool) throws(OutputError) {
        do {
            try write(batch)
        } catch {
            throw OutputError("\(error)")
        }
    }

    private func write(_ batch: EventBatch) throws {
        let lines = batch.lines
        // Nothing of `self` changes before all is on the disk: a second attempt writes the same again.
        var (part, bytes, file) = (part, bytes, file)
        var isNew = false
        var (start, end) = (0, 0)
        func flush() throws {
            guard start < end else { return }
            let open: File
            if let file {
                open = file
            } else {
                open = try folder.file(ofPart: part, O_RDWR | O_CREAT | O_TRUNC)
                isNew = true
            }
            file = open
            try open.write(UnsafeRawBufferPointer(rebasing: lines[start..<end]), at: bytes)
            bytes += end - start
            start = end
            try open.sync()
        }
        for event in batch.events {
            let length = batch.line(event).count
            if bytes + (end - start) > 0, bytes + (end - start) + length > configuration.partBytes {
                try flush()
                (part, bytes, file) = (part + 1, 0, nil)
            }
            end += length
        }
        try flush()
        if isNew { try folder.sync() }
        (self.part, self.bytes, self.file) = (part, bytes, file)
    }

    package func close() { file = nil }
}
