import Glibc

/// A folder whose files change together: all changes of one call, or none, whenever the process or the machine stops.
///
/// The changes are written to a journal, which is on the disk under its final name before the first of them is made,
/// and is removed when the last is on the disk. Whoever opens the folder makes the changes of a journal that is left:
/// making them twice does no harm.
struct JournaledFolder: ~Copyable {
    /// What has just been done; for tests, which stop there.
    enum Step: Equatable {
        case journalWritten, journalNamed, changeMade(Int), changesSynced, journalRemoved
    }

    let path: String
    var afterStep: (Step) throws -> Void = { _ in }
    /// The lock that keeps other processes out; nil in a folder that is only read.
    private let lock: OpenFile?
    private let isReadOnly: Bool
    private var journal: String { path + "/journal" }

    private init(path: String, isReadOnly: Bool, lock: consuming OpenFile?) {
        self.path = path
        self.isReadOnly = isReadOnly
        self.lock = lock
    }

    /// Makes the folder if it is missing, and the changes that an earlier process has left. Throws `inUse` if another
    /// process has the folder.
    static func open(_ path: String, readOnly: Bool) throws -> JournaledFolder {
        if readOnly { return JournaledFolder(path: path, isReadOnly: true, lock: nil) }
        try FileSystem.makeFolder(path)
        let lock = try OpenFile(path + "/lock", O_RDWR | O_CREAT, "open")
        guard lock.lock() else { throw StoreError.inUse(path: path) }
        let folder = JournaledFolder(path: path, isReadOnly: false, lock: lock)
        for leftover in [folder.journal + ".new", path + "/change.new"] { try FileSystem.remove(leftover) }
        try folder.finish()
        return folder
    }

    /// Makes the changes, in order. If it throws, either none is made, or the next call or the next process makes all.
    func commit(_ changes: [FileChange]) throws {
        if isReadOnly {
            throw StoreError.system(action: "write", path: path, reason: "the store was opened for reading only")
        }
        try finish()
        let file = try OpenFile(journal + ".new", O_WRONLY | O_CREAT | O_TRUNC, "write")
        try JournalFormat.encode(changes).withUnsafeBytes { try file.write($0) }
        try file.sync()
        try afterStep(.journalWritten)
        try FileSystem.move(journal + ".new", to: journal)
        try afterStep(.journalNamed)
        try syncFolder()
        try make(changes)
    }

    /// Makes the changes of a journal that is there: of an earlier process, or of a commit that an error has stopped.
    func finish() throws {
        if isReadOnly { return }
        guard let bytes = try FileSystem.read(journal) else { return }
        guard let changes = JournalFormat.decode(bytes) else {
            throw StoreError.corrupt(place: journal, found: "a journal whose checksum is wrong")
        }
        try syncFolder()
        try make(changes)
    }

    private func make(_ changes: [FileChange]) throws {
        for (index, change) in changes.enumerated() {
            try make(change)
            try afterStep(.changeMade(index))
        }
        // One call for all files: one for each would take a second for a thousand. Linux returns when they are written.
        sync()
        try afterStep(.changesSynced)
        try FileSystem.remove(journal)
        try afterStep(.journalRemoved)
        // Were the journal to come back after a power cut, it would undo the changes that come next.
        try syncFolder()
    }

    private func make(_ change: FileChange) throws {
        switch change {
        case .write(let name, let content):
            let target = "\(path)/\(name)"
            let temporary = "\(path)/change.new"
            let file = try OpenFile(temporary, O_WRONLY | O_CREAT | O_TRUNC, "write")
            try content.withUnsafeBytes { try file.write($0) }
            if rename(temporary, target) == 0 { return }
            try FileSystem.makeFolder(parent(of: target))
            try FileSystem.move(temporary, to: target)
        case .append(let name, let offset, let content):
            let target = "\(path)/\(name)"
            try FileSystem.makeFolder(parent(of: target))
            let file = try OpenFile(target, O_WRONLY | O_CREAT, "write")
            try file.truncate(to: offset)
            try content.withUnsafeBytes { try file.write($0) }
        case .remove(let name): try FileSystem.remove("\(path)/\(name)")
        case .removeFolder(let name): try FileSystem.removeFolder("\(path)/\(name)")
        }
    }

    private func parent(of path: String) -> String { String(path[..<path.lastIndex(of: "/")!]) }

    private func syncFolder() throws { try OpenFile(path, O_RDONLY, "sync").sync() }
}
