import Records

/// A session's file that grows. Used by the archive's thread alone.
final class OpenPart {
    let file: ArchivedFile
    /// Bytes that were written to the file.
    var written: Int
    /// Lines that were not.
    var pending = Bytes()
    /// When its last event arrived; microseconds since 1970 UTC.
    var last: Int64
    /// When it got its last line; microseconds of `MonotonicClock`.
    var touched: Int64
    /// Whether its last lines are not on the disk for certain.
    var isDirty = false

    init(_ file: ArchivedFile, written: Int, last: Int64, touched: Int64) {
        self.file = file
        self.written = written
        self.last = last
        self.touched = touched
    }

    var bytes: Int { written + pending.count }

    /// As the archive's place names it, once nothing is pending.
    func placed(isClosed: Bool) -> ArchivePlace.OpenFile {
        .init(
            day: file.day, session: file.session, part: file.part, bytes: written, last: last, isClosed: isClosed)
    }
}
