import CRecords
import Records

/// States that memory has no room for, in a file without a name: it goes with the process, and no checkpoint knows of it. Not
/// thread-safe.
///
/// A state is either in memory or in the file. `stage` writes states that are still in memory; `commit` makes the file answer
/// for them.
///
/// An entry begins at a multiple of 16 bytes: the lengths of key and value, the partition, and nothing, 32 bits each; the
/// key and the value, as checkpoints have them.
final class SpillFile {
    private static let unit = 16
    private static let head = 16
    /// So much is written at once.
    private static let chunk = 1 << 20
    /// Bytes that are read at once: more than most states have.
    private static let firstRead = 1024
    /// A file in which that much is garbage, and more than half of it, is written anew.
    private static let garbageLimit = 64 << 20

    private let folder: String
    private let seed = UInt64.random(in: 0...UInt64.max)
    private var file: UnnamedFile
    private var index = SpillIndex()
    /// Staged and not committed.
    private var staged: [SpillIndex.Slot] = []
    private var buffer = Bytes()
    /// Where the buffer's bytes go.
    private var end = Unit.first
    /// Where the file ended when staging began.
    private var committedEnd = Unit.first
    /// Bytes of entries that are still states.
    private var live = 0
    private var read = Bytes()

    /// Place 0 stands for nothing, so the file begins with the second unit.
    private enum Unit { static let first = SpillFile.unit }

    /// - Parameter folder: as of `UnnamedFile`.
    init(in folder: String) throws(SpillError) {
        self.folder = folder
        file = try UnnamedFile(in: folder)
    }

    /// States in it.
    var count: Int { index.count }

    private func hash(_ key: UnsafeRawBufferPointer, _ partition: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: Hash.of(key, seed: seed ^ UInt64(partition) << 48) >> 16)
    }

    // MARK: Writing

    /// Writes a state, unless `value` returns why there is none.
    func stage(
        _ key: UnsafeRawBufferPointer, partition: Int, value: (UnsafeMutablePointer<lectern_bytes>) -> String?
    ) throws(SpillError) -> String? {
        let start = buffer.count
        for _ in 0..<Self.head / 4 { buffer.append(littleEndian: 0) }
        buffer.append(key)
        let valueAt = buffer.count
        if let reason = value(&buffer.raw) {
            buffer.truncate(to: start)
            return reason
        }
        let valueLength = buffer.count - valueAt
        let head = UnsafeMutableRawPointer(buffer.raw.start! + start)
        head.storeBytes(of: UInt32(key.count), as: UInt32.self)
        head.storeBytes(of: UInt32(valueLength), toByteOffset: 4, as: UInt32.self)
        head.storeBytes(of: UInt32(partition), toByteOffset: 8, as: UInt32.self)
        while buffer.count % Self.unit != 0 { buffer.append(byte: 0) }
        staged.append(SpillIndex.Slot(hash: hash(key, partition), place: try place(end + start)))
        if buffer.count >= Self.chunk { try flush() }
        return nil
    }

    private func place(_ offset: Int) throws(SpillError) -> UInt32 {
        guard let place = UInt32(exactly: offset / Self.unit), place < SpillIndex.gone else { throw file.full }
        return place
    }

    /// Writes what is staged. It still is only staged.
    func flush() throws(SpillError) { try flush(to: file) }

    private func flush(to file: UnnamedFile) throws(SpillError) {
        try file.write(buffer.contents, at: end)
        end += buffer.count
        buffer.truncate()
    }

    /// From now on what is staged is in the file alone. It must have been flushed.
    func commit() {
        precondition(buffer.count == 0)
        for slot in staged { index.insert(slot) }
        staged = []
        live += end - committedEnd
        committedEnd = end
    }

    /// What is staged stays in memory.
    func drop() {
        staged = []
        buffer.truncate()
        end = committedEnd
    }

    // MARK: Reading

    /// Takes a state out: calls `body` with its bytes, if the file has it.
    func take(
        _ key: UnsafeRawBufferPointer, partition: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SpillError) {
        var search = index.search(hash(key, partition))
        while let found = index.next(&search) {
            let entry = try entry(at: Int(found) * Self.unit)
            guard entry.partition == partition, entry.key.count == key.count,
                entry.key.elementsEqual(key)
            else { continue }
            index.remove(search)
            live -= entry.length
            return body(entry.value)
        }
    }

    private struct Entry {
        let partition: Int
        let key: UnsafeRawBufferPointer
        let value: UnsafeRawBufferPointer
        let length: Int
    }

    /// Valid until the next one is read.
    private func entry(at offset: Int) throws(SpillError) -> Entry {
        try fill(offset, Self.firstRead, atLeast: Self.head)
        func number(_ at: Int) -> Int { Int(read.contents.loadUnaligned(fromByteOffset: at, as: UInt32.self)) }
        let (key, value, partition) = (number(0), number(4), number(8))
        let length = Self.head + key + value
        if read.count < length { try fill(offset, length, atLeast: length) }
        let bytes = read.contents
        return Entry(
            partition: partition,
            key: UnsafeRawBufferPointer(rebasing: bytes[Self.head..<Self.head + key]),
            value: UnsafeRawBufferPointer(rebasing: bytes[Self.head + key..<length]),
            length: (length + Self.unit - 1) / Self.unit * Self.unit)
    }

    private func fill(_ offset: Int, _ length: Int, atLeast: Int) throws(SpillError) {
        read.truncate()
        let room = UnsafeMutableRawBufferPointer(start: lectern_bytes_room(&read.raw, length), count: length)
        read.raw.count += try file.read(room, at: offset, least: atLeast)
    }

    // MARK: Garbage

    /// Writes the states into a new file, if most of this one is garbage. To be called when nothing is staged.
    func compact() throws(SpillError) {
        precondition(staged.isEmpty && buffer.count == 0)
        let garbage = committedEnd - live
        guard garbage > Self.garbageLimit, garbage > live else { return }
        let new = try UnnamedFile(in: folder)
        // In the file's order, so that both are read and written from front to back.
        let slots = index.slots.sorted { $0.place < $1.place }
        var moved: [SpillIndex.Slot] = []
        moved.reserveCapacity(slots.count)
        end = Unit.first
        do {
            for slot in slots {
                let entry = try entry(at: Int(slot.place) * Self.unit)
                moved.append(SpillIndex.Slot(hash: slot.hash, place: try place(end + buffer.count)))
                buffer.append(UnsafeRawBufferPointer(rebasing: read.contents[..<min(entry.length, read.count)]))
                while buffer.count % Self.unit != 0 { buffer.append(byte: 0) }
                if buffer.count >= Self.chunk { try flush(to: new) }
            }
            try flush(to: new)
        } catch {
            end = committedEnd
            buffer.truncate()
            throw error
        }
        file = new
        index = SpillIndex()
        for slot in moved { index.insert(slot) }
        committedEnd = end
        live = end - Unit.first
    }
}
