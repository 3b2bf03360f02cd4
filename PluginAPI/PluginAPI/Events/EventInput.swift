public import CPluginAPI

/// A typed event: what reducers need of an event, read once for all that share the type.
///
///     struct QuizCompleted: EventInput {
///         let score: Int
///         let at: Timestamp
///         init(_ event: Event) throws {
///             score = try event.integer("score", in: 0...100)
///             at = event.time
///         }
///     }
///
/// Reading may fail: the event then goes to the dead letters, and reaches none of the reducers of this input. It
/// depends on the event alone, no clock, no randomness, no globals but `ReducerSettings`, or a replay would not give what was given.
public protocol EventInput {
    init(_ event: Event) throws

    /// Reads a batch. Leave it as it is: it stands here so that your own module compiles it for your type.
    static func _read(_ batch: UnsafePointer<lectern_read_batch>)
    /// Ends inputs. Leave it as it is.
    static func _destroy(_ inputs: UnsafePointer<UnsafeMutableRawPointer?>, _ count: Int)
}

extension EventInput {
    @inlinable
    public static func _read(_ batch: UnsafePointer<lectern_read_batch>) {
        let slots = batch.pointee.scratch!.assumingMemoryBound(to: FieldSlots.self)
        slots.pointee.fields = batch.pointee.fields!
        let events = UnsafeRawPointer(batch.pointee.events!)
        let eventStride = Int(batch.pointee.event_stride)
        let inputStride = Int(batch.pointee.input_stride)
        let pick = batch.pointee.pick!
        let status = batch.pointee.status!
        // There is no room for inputs of no size; any address will do for them.
        let inputs = batch.pointee.inputs ?? batch.pointee.scratch!

        for k in 0..<Int(batch.pointee.count) {
            let record = (events + Int(pick[k]) &* eventStride).assumingMemoryBound(to: lectern_event.self)
            do {
                let input = try Self(Event(record: record, slots: slots))
                (inputs + k &* inputStride).initializeMemory(as: Self.self, to: input)
                status[k] = 0
            } catch {
                status[k] = 1
                reject(batch, k, error)
            }
        }
    }

    @inlinable
    public static func _destroy(_ inputs: UnsafePointer<UnsafeMutableRawPointer?>, _ count: Int) {
        for k in 0..<count {
            inputs[k]!.assumingMemoryBound(to: Self.self).deinitialize(count: 1)
        }
    }
}

@usableFromInline
@inline(never)
func reject(_ batch: UnsafePointer<lectern_read_batch>, _ k: Int, _ error: any Error) {
    var reason = "\(error)"
    reason.withUTF8 { batch.pointee.reject?(batch.pointee.context, UInt32(k), lectern_text($0)) }
}

/// For reducers that need nothing but what every event has.
extension Event: EventInput {
    @inlinable
    public init(_ event: Event) { self = event }
}
