import CPluginAPI
import PluginAPI

/// A batch of events with some fields in slots and others that the host would have to look for.
final class FakeBatch {
    struct Given {
        var type = "quiz"
        var actor: String? = "bea"
        var seconds = 3_600
        var isClaimed = true
        var slotted: [String: lectern_value] = [:]
        var other: [String: lectern_value] = [:]
    }

    let given: [Given]
    private(set) var reasons: [Int: String] = [:]
    private(set) var searched: [String] = []
    private let names: [String]
    private let events: UnsafeMutablePointer<lectern_event>
    private let pick: UnsafeMutablePointer<UInt32>
    private var fields = lectern_fields()
    private let scratch: UnsafeMutableRawPointer

    init(_ given: [Given], slots: [String], scratch size: Int) {
        self.given = given
        names = slots
        events = .allocate(capacity: given.count)
        pick = .allocate(capacity: given.count)
        scratch = .allocate(byteCount: size, alignment: 64)
        scratch.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        let items = UnsafeMutablePointer<lectern_field>.allocate(capacity: slots.count)
        for (index, name) in slots.enumerated() {
            (items + index).initialize(to: lectern_field(path: text(name), slot: UInt32(index), flags: 0))
        }
        for (index, event) in given.enumerated() {
            let row = UnsafeMutablePointer<lectern_value>.allocate(capacity: max(slots.count, 1))
            for (slot, name) in slots.enumerated() {
                (row + slot).initialize(to: event.slotted[name] ?? lectern_value())
            }
            var raw = lectern_event()
            raw.values = UnsafePointer(row)
            raw.time = Int64(event.seconds) * 1_000_000
            raw.received = raw.time + 5
            raw.flags = event.isClaimed ? LECTERN_TIME_CLAIMED : 0
            raw.actor = event.actor.map { text($0).start }
            raw.actor_length = UInt32(event.actor?.utf8.count ?? 0)
            raw.actor_hash = 77
            raw.type = text(event.type).start
            raw.type_length = UInt32(event.type.utf8.count)
            raw.position = UInt64(index)
            (events + index).initialize(to: raw)
            (pick + index).initialize(to: UInt32(index))
        }
        fields.size = UInt32(MemoryLayout<lectern_fields>.size)
        fields.count = UInt32(slots.count)
        fields.items = UnsafePointer(items)
        fields.context = Unmanaged.passUnretained(self).toOpaque()
        fields.find = { context, event, path, value in
            let batch = Unmanaged<FakeBatch>.fromOpaque(context!).takeUnretainedValue()
            batch.searched.append(string(path))
            value!.pointee = batch.given[Int(event!.pointee.position)].other[string(path)] ?? lectern_value()
        }
    }

    /// Reads all events; returns the inputs' memory and the status of each.
    func read(_ input: lectern_input) -> (inputs: UnsafeMutableRawPointer, stride: Int, status: [UInt8]) {
        let align = Int(input.input_align)
        let stride = max((Int(input.input_size) + align - 1) / align * align, 1)
        let inputs = UnsafeMutableRawPointer.allocate(byteCount: stride * given.count, alignment: 64)
        var status = [UInt8](repeating: 9, count: given.count)
        withUnsafePointer(to: &fields) { fields in
            status.withUnsafeMutableBufferPointer { status in
                var batch = lectern_read_batch()
                batch.size = UInt32(MemoryLayout<lectern_read_batch>.size)
                batch.count = UInt32(given.count)
                batch.events = UnsafePointer(events)
                batch.event_stride = UInt32(MemoryLayout<lectern_event>.stride)
                batch.input_stride = UInt32(stride)
                batch.pick = UnsafePointer(pick)
                batch.inputs = inputs
                batch.status = status.baseAddress
                batch.fields = fields
                batch.scratch = scratch
                batch.context = Unmanaged.passUnretained(self).toOpaque()
                batch.reject = { context, k, reason in
                    Unmanaged<FakeBatch>.fromOpaque(context!).takeUnretainedValue().reasons[Int(k)] = string(reason)
                }
                input.read(input.context, &batch)
            }
        }
        return (inputs, stride, status)
    }

    /// Folds the events of status 0, all into one state; then ends their inputs.
    func fold(_ reducer: lectern_reducer, _ input: lectern_input, into state: UnsafeMutableRawPointer) {
        let (inputs, stride, status) = read(input)
        let chosen = status.indices.filter { status[$0] == 0 }
        let addresses = chosen.map { Optional(UnsafeRawPointer(inputs + $0 * stride)) }
        let states = [UnsafeMutableRawPointer?](repeating: state, count: chosen.count)
        chosen.map { UInt32($0) }.withUnsafeBufferPointer { pick in
            addresses.withUnsafeBufferPointer { addresses in
                states.withUnsafeBufferPointer { states in
                    var batch = lectern_reduce_batch()
                    batch.size = UInt32(MemoryLayout<lectern_reduce_batch>.size)
                    batch.count = UInt32(chosen.count)
                    batch.events = UnsafePointer(events)
                    batch.event_stride = UInt32(MemoryLayout<lectern_event>.stride)
                    batch.pick = pick.baseAddress
                    batch.inputs = addresses.baseAddress
                    batch.states = states.baseAddress
                    reducer.reduce(reducer.context, &batch)
                    let mutable = addresses.map { UnsafeMutableRawPointer(mutating: $0) }
                    input.destroy?(input.context, mutable, UInt32(chosen.count))
                }
            }
        }
    }
}
