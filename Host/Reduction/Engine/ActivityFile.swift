import CRecords
import Glibc
import PluginHost
import Synchronization

/// Where shards note what they ask of plugins: a file in memory, which outlives the process. When a plugin has ended the
/// process, by a trap, an abort or an exit, it says which one, and what it was given; noting costs a short copy a call.
///
/// `@unchecked Sendable`: a slot is given to one shard at a time, under the lock, and written by its thread alone; the rest
/// is constant.
package final class ActivityFile: @unchecked Sendable {
    private static let count = 128
    private static let size = count * ActivitySlot.size

    /// The call in which a plugin has ended the process before.
    package let crash: PluginCall?
    private let memory: UnsafeMutableRawPointer
    private let free: Mutex<[Int]>

    /// Opens or makes the file. Nil if the system does not let us: a host can do without.
    package init?(_ path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { Glibc.close(descriptor) }
        guard ftruncate(descriptor, off_t(Self.size)) == 0,
            let memory = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else { return nil }
        self.memory = memory
        crash =
            (0..<Self.count).lazy.compactMap { ActivitySlot(memory + $0 * ActivitySlot.size).fatalCall }
            .first
        memset(memory, 0, Self.size)
        free = Mutex(Array(0..<Self.count))
    }

    deinit { munmap(memory, Self.size) }

    /// All, whether a shard has them or not.
    var slots: [ActivitySlot] { (0..<Self.count).map(slot) }

    /// A slot for a shard, as long as the lease is kept; nil if there are more shards than anybody has.
    func take() -> ActivityLease? { free.withLock { $0.popLast() }.map { ActivityLease(self, $0) } }

    fileprivate func slot(_ index: Int) -> ActivitySlot { ActivitySlot(memory + index * ActivitySlot.size) }

    fileprivate func giveBack(_ index: Int) {
        slot(index).leave()
        free.withLock { $0.append(index) }
    }
}

/// A slot of an activity file that one shard has.
final class ActivityLease: Sendable {
    let slot: ActivitySlot
    private let file: ActivityFile
    private let index: Int

    fileprivate init(_ file: ActivityFile, _ index: Int) {
        self.file = file
        self.index = index
        slot = file.slot(index)
    }

    deinit { file.giveBack(index) }
}

/// Where one shard notes what it does; another process or thread may look. One shard's thread writes.
///
/// `@unchecked Sendable`: whoever looks reads words that the shard may be writing, and takes them as a hint or after its end.
struct ActivitySlot: @unchecked Sendable {
    static let size = 256
    fileprivate let start: UnsafeMutableRawPointer

    init(_ start: UnsafeMutableRawPointer) { self.start = start }

    // kind (32 bits), events (32), position (64), partition (32), three lengths (32 each), three texts, calls (64), gap
    // (32), end (32)
    private static let texts = 32
    private static let calls = size - 16
    private static let end = size - 4

    /// What is the same in every call of one kind to one plugin.
    struct Template {
        fileprivate let kind: PluginCall.Kind
        fileprivate var bytes = [UInt8](repeating: 0, count: ActivitySlot.size)

        init(_ kind: PluginCall.Kind, _ plugin: PluginIdentity, component: String = "") {
            self.kind = kind
            var at = ActivitySlot.texts
            for (index, text) in [plugin.build, plugin.id, component].enumerated() {
                let text = Array(text.utf8.prefix(64))
                bytes[20 + index * 4] = UInt8(text.count)
                bytes.replaceSubrange(at..<at + text.count, with: text)
                at += text.count
            }
        }
    }

    /// From now on the end of the process is noted if this thread brings it about.
    func watch() { lectern_note_crashes((start + Self.end).assumingMemoryBound(to: UInt32.self)) }

    /// Notes that the plugin is called from here on.
    @inline(__always)
    func enter(_ template: Template, partition: Int, position: UInt64, events: Int) {
        template.bytes.withUnsafeBytes { bytes in
            (start + 20).copyMemory(from: bytes.baseAddress! + 20, byteCount: Self.calls - 20)
        }
        let calls = start.load(fromByteOffset: Self.calls, as: UInt64.self)
        start.storeBytes(of: calls &+ 1, toByteOffset: Self.calls, as: UInt64.self)
        start.storeBytes(of: UInt32(truncatingIfNeeded: events), toByteOffset: 4, as: UInt32.self)
        start.storeBytes(of: position, toByteOffset: 8, as: UInt64.self)
        start.storeBytes(of: UInt32(truncatingIfNeeded: partition), toByteOffset: 16, as: UInt32.self)
        start.storeBytes(of: template.kind.rawValue, as: UInt32.self)
    }

    /// The plugin has returned.
    @inline(__always)
    func leave() { start.storeBytes(of: 0, as: UInt32.self) }

    /// Notes that this call is what ended the process.
    func noteEnd(_ end: UInt32) { start.storeBytes(of: end, toByteOffset: Self.end, as: UInt32.self) }

    /// Which call goes on, counted; nil if none does. Any thread or process.
    var callInProgress: UInt64? {
        guard start.load(as: UInt32.self) != 0 else { return nil }
        return start.load(fromByteOffset: Self.calls, as: UInt64.self)
    }

    /// The call that ended the process, or nil.
    var fatalCall: PluginCall? {
        start.load(fromByteOffset: Self.end, as: UInt32.self) == 0 ? nil : call
    }

    /// What was noted; nil if nothing was going on.
    var call: PluginCall? {
        let end = start.load(fromByteOffset: Self.end, as: UInt32.self)
        guard let kind = PluginCall.Kind(rawValue: start.load(as: UInt32.self)) else { return nil }
        var at = Self.texts
        let texts = (0..<3).map { index in
            let length = Int(start.load(fromByteOffset: 20 + index * 4, as: UInt8.self))
            defer { at += length }
            return String(
                decoding: UnsafeRawBufferPointer(start: start + at, count: max(0, min(length, Self.calls - at))),
                as: UTF8.self)
        }
        return PluginCall(
            plugin: texts[1], build: texts[0], kind: kind, component: texts[2],
            partition: Int(start.load(fromByteOffset: 16, as: UInt32.self)),
            position: start.load(fromByteOffset: 8, as: UInt64.self),
            events: Int(start.load(fromByteOffset: 4, as: UInt32.self)), end: Int(end))
    }
}
