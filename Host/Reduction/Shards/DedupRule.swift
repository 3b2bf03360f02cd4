import CPluginAPI
import CRecords
import CXXHash
import Records

/// Which events count once only: those that agree in an id, in what the id is unique in, within a time.
package struct DedupRule: Sendable, Equatable {
    /// What an id is unique in. Without `actor`, duplicates are found within a partition only.
    package enum Scope: String, Sendable, CaseIterable {
        case actor, type
    }

    /// The field that holds the id: a text or an integer. Events without it are never duplicates.
    package var field: String
    package var scope: Set<Scope>
    /// How far an event may lie, in microseconds of event time, before the latest of its partition and still be known; nil for ever.
    package var retention: Int64?

    package init(field: String, scope: Set<Scope> = [.actor, .type], retention: Int64? = nil) {
        self.field = field
        self.scope = scope
        self.retention = retention
    }
}

/// Makes marks: by the rule, under the log's key.
struct MarkMaker {
    private let slot: Int
    private let byActor: Bool
    private let byType: Bool
    private let seed: UInt64

    init(_ rule: DedupRule, fields: FieldList, hashKey: [UInt8]) {
        slot = fields.declare(rule.field)
        byActor = rule.scope.contains(.actor)
        byType = rule.scope.contains(.type)
        seed = hashKey.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    }

    /// The event's mark, or nil if it has no id. A canonical UUID is taken as it is, any other id as a keyed hash.
    @inline(__always)
    func mark(_ event: UnsafePointer<lectern_event>) -> Mark? {
        let id = event.pointee.values[slot]
        var mark = Mark(high: 0, low: 0, time: event.pointee.time)
        switch id.tag {
        case LECTERN_TEXT where id.length > 0:
            let text = UnsafeRawPointer(id.as.text)!.assumingMemoryBound(to: UInt8.self)
            if lectern_uuid(text, Int(id.length), &mark.high, &mark.low) == 0 {
                let hash = XXH3_128bits_withSeed(text, Int(id.length), seed)
                mark.high = hash.high64
                mark.low = hash.low64
            }
        case LECTERN_INTEGER:
            mark.high = seed
            mark.low = UInt64(bitPattern: id.as.integer)
        default: return nil
        }
        if byActor { mark.high ^= Hash.mix(event.pointee.actor_hash ^ seed, 0xa076_1d64_78bd_642f) }
        if byType {
            let hash = XXH3_64bits_withSeed(event.pointee.type, Int(event.pointee.type_length), seed)
            mark.low ^= Hash.mix(hash, 0xe703_7ed1_a0b4_28db)
        }
        if mark.high | mark.low == 0 { mark.low = 1 }  // all zero is an empty slot
        return mark
    }
}
