import Archive
import EventLog
import Foundation
import Records

/// A log and its archive, in a folder of their own.
final class ArchiveRig {
    static let start: Int64 = 1_750_000_000_000_000
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/archive-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var folder: ArchiveFolder { ArchiveFolder("\(path)/archive") }

    func open(_ change: (inout EventLogConfiguration) -> Void = { _ in }) throws -> EventLog {
        var configuration = EventLogConfiguration(directory: "\(path)/log")
        configuration.syncDelay = .zero
        change(&configuration)
        return try EventLog.open(configuration)
    }

    @discardableResult
    func archive(_ log: EventLog, _ change: (inout ArchiveConfiguration) -> Void = { _ in }) throws -> Archive {
        var configuration = ArchiveConfiguration(directory: "\(path)/archive")
        configuration.interval = .milliseconds(10)
        change(&configuration)
        return try Archive(log, configuration)
    }

    /// Appends a session's record, if there is one, and events, and waits until they are durable.
    func append(_ log: EventLog, session: UInt32, record: String?, events: [String]) throws {
        let batch = RecordBatch()
        for (text, kind) in (record.map { [($0, RecordKind.session)] } ?? []) + events.map({ ($0, .event) }) {
            try Array(text.utf8).withUnsafeBytes { payload in
                var new = NewRecord()
                new.kind = kind
                new.partition = UInt16(session % 16)
                new.session = session
                new.received = Self.start
                new.payload = payload
                try batch.append(new)
            }
        }
        log.append(batch)
        try log.flush()
    }

    func lines(of file: ArchivedFile) throws -> [String] {
        var lines: [String] = []
        try folder.forEachLine(of: file) { line in
            lines.append(String(decoding: line, as: UTF8.self))
            return true
        }
        return lines
    }

    /// The bytes of a session's first file.
    func contents(of session: UInt32) throws -> Data {
        let file = try folder.files().first { $0.session == session }
        return try Data(contentsOf: URL(filePath: "\(path)/archive/\(file?.path ?? "")"))
    }
}

/// Looks every few milliseconds until it is so; false if that took too long.
func eventually(seconds: Double = 20, _ condition: () throws -> Bool) throws -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    while Date() < end {
        if try condition() { return true }
        usleep(2_000)
    }
    return try condition()
}
