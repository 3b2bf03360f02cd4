/// A file of the archive: one part of what a session has sent.
///
///     open/session-17-part-1.jsonl                  while the session goes on
///     2026-11-21/session-17-part-1.jsonl.zst        afterwards; the day is that of the session's beginning, in UTC
///
/// The first line is the session's own, `{"session":17,"part":1,"log":…,"begun":…,"record":{…}}`, with what the log holds of
/// it: locked fields, address, identity. Each further line is an event as it arrived; line feeds between its tokens, where
/// JSON means nothing by them, are spaces, so that a line is an event.
package struct ArchivedFile: Sendable, Hashable, Comparable {
    /// `2026-11-21`.
    package let day: String
    package let session: UInt32
    /// From 1.
    package let part: Int

    init(day: String, session: UInt32, part: Int) {
        self.day = day
        self.session = session
        self.part = part
    }

    /// Of a compressed file's name; nil if it is none.
    init?(day: String, name: some StringProtocol) {
        let fields = name.split(separator: "-", omittingEmptySubsequences: false)
        guard fields.count == 4, fields[0] == "session", fields[2] == "part", let session = UInt32(fields[1]),
            fields[3].hasSuffix(Self.suffix), let part = Int(fields[3].dropLast(Self.suffix.count))
        else { return nil }
        self.init(day: day, session: session, part: part)
    }

    static let openFolder = "open"
    static let suffix = ".jsonl.zst"

    private var name: String { "session-\(session)-part-\(part).jsonl" }

    /// Below the archive's folder.
    var openPath: String { "\(Self.openFolder)/\(name)" }
    package var path: String { "\(day)/\(name).zst" }

    package static func < (a: ArchivedFile, b: ArchivedFile) -> Bool {
        (a.day, a.session, a.part) < (b.day, b.session, b.part)
    }
}
