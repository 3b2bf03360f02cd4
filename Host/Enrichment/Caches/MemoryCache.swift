/// Answers in memory, bounded in number and bytes. Not thread-safe.
///
/// Two generations: what is asked for moves into the young one; when that is full it becomes the old one, and what was old and
/// not asked for since is gone. So forgetting costs next to nothing, and what is used stays.
struct MemoryCache {
    struct Entry {
        /// Nil: the source knows nothing of the key.
        let content: AnswerContent?
        /// When the source said so, in microseconds.
        let at: Int64
    }

    typealias Generation = [String: Entry]

    private var young: Generation = [:]
    private var old: Generation = [:]
    private var youngBytes = 0
    private var oldBytes = 0
    private let entries: Int
    private let bytes: Int

    /// - Parameters: how many entries and bytes there may be.
    init(entries: Int, bytes: Int) {
        self.entries = max(entries / 2, 1)
        self.bytes = max(bytes / 2, 1)
    }

    var count: Int { young.count + old.count }
    var byteCount: Int { youngBytes + oldBytes }

    /// What is known of the key, whatever its age. Whatever had to go for it comes back in `gone`, for the caller to let go of.
    mutating func entry(_ key: String, gone: inout Generation) -> Entry? {
        if let entry = young[key] { return entry }
        guard let entry = old.removeValue(forKey: key) else { return nil }
        oldBytes -= Self.size(key, entry)
        add(key, entry, &gone)
        return entry
    }

    mutating func insert(_ key: String, _ entry: Entry, gone: inout Generation) {
        if let before = old.removeValue(forKey: key) { oldBytes -= Self.size(key, before) }
        if let before = young.removeValue(forKey: key) { youngBytes -= Self.size(key, before) }
        add(key, entry, &gone)
    }

    private mutating func add(_ key: String, _ entry: Entry, _ gone: inout Generation) {
        let size = Self.size(key, entry)
        guard size <= bytes else { return }
        if young.count >= entries || youngBytes + size > bytes {
            gone = old
            (old, oldBytes) = (young, youngBytes)
            (young, youngBytes) = ([:], 0)
        }
        young[key] = entry
        youngBytes += size
    }

    /// With what a dictionary needs besides, more or less.
    private static func size(_ key: String, _ entry: Entry) -> Int {
        key.utf8.count + (entry.content?.byteCount ?? 0) + 192
    }
}
