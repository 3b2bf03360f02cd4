import Glibc
import CPluginAPI
import PluginHost

/// Reads events into one input of a plugin, a batch at a time. Not thread-safe.
final class InputRun {
    private let input: InputComponent
    private let stride: Int
    private let inputs: UnsafeMutableRawPointer
    private let scratch: UnsafeMutableRawPointer
    private let picks: UnsafeMutablePointer<UInt32>
    private let status: UnsafeMutablePointer<UInt8>
    /// Of each event of the batch: where it is among the picks.
    private let places: UnsafeMutablePointer<Int>
    /// Picked events.
    private(set) var count = 0
    private var generation = -1
    private let made: UnsafeMutablePointer<UnsafeMutableRawPointer?>

    init(_ input: InputComponent, batch: Int) {
        self.input = input
        let alignment = max(Int(input.raw.input_align), 1)
        stride = (Int(input.raw.input_size) + alignment - 1) / alignment * alignment
        inputs = .allocate(byteCount: max(stride * batch, 1), alignment: 64)
        scratch = .allocate(byteCount: max(Int(input.raw.scratch_size), 1), alignment: 64)
        picks = .allocate(capacity: batch)
        status = .allocate(capacity: batch)
        places = .allocate(capacity: batch)
        made = .allocate(capacity: batch)
    }

    deinit {
        inputs.deallocate()
        scratch.deallocate()
        picks.deallocate()
        status.deallocate()
        places.deallocate()
        made.deallocate()
    }

    func begin() { count = 0 }

    @inline(__always)
    func pick(_ event: Int) {
        picks[count] = UInt32(truncatingIfNeeded: event)
        places[event] = count
        count += 1
    }

    var first: Int? { count > 0 ? Int(picks[0]) : nil }

    /// Where the input of a picked event is.
    @inline(__always)
    func address(of event: Int) -> UnsafeRawPointer { UnsafeRawPointer(inputs + places[event] * stride) }

    /// Reads the picked events; calls with each event that the plugin rejects and its reason.
    func read(_ batch: Batch, _ fields: FieldList, rejected: (_ event: Int, _ reason: String) -> Void) {
        guard count > 0 else { return }
        if generation != fields.generation {
            generation = fields.generation
            memset(scratch, 0, Int(input.raw.scratch_size))
        }
        memset(status, 0, count)
        let reasons = Reasons()
        var call = lectern_read_batch()
        call.size = UInt32(MemoryLayout<lectern_read_batch>.size)
        call.count = UInt32(count)
        call.events = UnsafePointer(batch.events)
        call.event_stride = UInt32(MemoryLayout<lectern_event>.stride)
        call.input_stride = UInt32(stride)
        call.pick = UnsafePointer(picks)
        call.inputs = inputs
        call.status = status
        call.fields = UnsafePointer(fields.table)
        call.scratch = scratch
        call.context = Unmanaged.passUnretained(reasons).toOpaque()
        call.reject = { context, pick, reason in
            Unmanaged<Reasons>.fromOpaque(context!).takeUnretainedValue().texts[Int(pick)] = reason.string
        }
        withExtendedLifetime(reasons) { input.raw.read(input.raw.context, &call) }
        for (pick, _) in reasons.texts where pick < count { status[pick] = 1 }
        guard memchr(status, 1, count) != nil else { return }
        for pick in 0..<count where status[pick] != 0 {
            rejected(Int(picks[pick]), reasons.texts[pick] ?? "the plugin gave no reason")
        }
    }

    /// Ends the inputs that were made.
    func end() {
        guard let destroy = input.raw.destroy, count > 0 else { return }
        var total = 0
        for pick in 0..<count where status[pick] == 0 {
            made[total] = inputs + pick * stride
            total += 1
        }
        if total > 0 { destroy(input.raw.context, made, UInt32(total)) }
        count = 0
    }

    private final class Reasons {
        var texts: [Int: String] = [:]
    }
}
