import Glibc
import CPluginAPI
import PluginHost
import Records

/// The fields that a shard extracts, as plugins see them; a field that a plugin asks for and that is not among them is extracted
/// from the next batch on. Not thread-safe.
final class FieldList {
    let extractor = FieldExtractor()
    /// Finds fields that no slot holds yet.
    private let finder = FieldExtractor()
    private var paths: [String] = []
    private var wanted: [String] = []
    private let items: UnsafeMutablePointer<lectern_field>
    /// What is handed to plugins; its address stays.
    let table: UnsafeMutablePointer<lectern_fields>
    /// Grows when a field is added: what plugins remember of slots is then void.
    private(set) var generation = 0

    /// Puts what server and source set over a row of an event's own fields.
    var overlay: ((UnsafePointer<lectern_event>, FieldExtractor, UnsafeMutablePointer<lectern_value>) -> Void)?

    init() {
        items = .allocate(capacity: Self.limit)
        table = .allocate(capacity: 1)
        table.initialize(to: lectern_fields())
        table.pointee.size = UInt32(MemoryLayout<lectern_fields>.size)
        table.pointee.find = { context, event, path, value in
            let fields = Unmanaged<FieldList>.fromOpaque(context!).takeUnretainedValue()
            value!.pointee = fields.find(path.string, in: event!)
        }
        table.pointee.items = UnsafePointer(items)
        table.pointee.context = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit {
        for index in paths.indices { items[index].path.start.deallocate() }
        items.deallocate()
        table.deallocate()
    }

    /// Extracts a field from now on and announces it to plugins. Returns its slot.
    @discardableResult
    func declare(_ path: String) -> Int {
        let slot = extractor.add(path)
        guard !paths.contains(path), paths.count < Self.limit else { return slot }
        var path = path
        let name = path.withUTF8 { bytes in
            let name = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
            name.copyMemory(from: UnsafeRawBufferPointer(bytes))
            return lectern_text(
                start: name.baseAddress!.assumingMemoryBound(to: CChar.self), length: UInt64(bytes.count))
        }
        (items + paths.count).initialize(to: lectern_field(path: name, slot: UInt32(slot), flags: 0))
        paths.append(path)
        table.pointee.count = UInt32(paths.count)
        generation += 1
        return slot
    }

    /// Declares what plugins asked for since the last batch.
    func learn() {
        finder.reset()
        for path in wanted { declare(path) }
        wanted.removeAll()
    }

    private func find(_ path: String, in event: UnsafePointer<lectern_event>) -> lectern_value {
        if !wanted.contains(path), paths.count + wanted.count < Self.limit { wanted.append(path) }
        let slot = finder.add(path)
        return withUnsafeTemporaryAllocation(of: lectern_value.self, capacity: finder.count) { row in
            let payload = UnsafeRawBufferPointer(start: event.pointee.payload, count: Int(event.pointee.payload_length))
            guard finder.extract(payload, into: row.baseAddress!) == nil else { return lectern_value() }
            overlay?(event, finder, row.baseAddress!)
            return row[slot]
        }
    }

    /// A plugin that makes up names must not make rows endless.
    private static let limit = 1024
}
