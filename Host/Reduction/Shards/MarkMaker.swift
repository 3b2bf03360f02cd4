import CPluginAPI
import CRecords
import CXXHash
import Records

/// Makes marks: by the rules, under the log's key. Not thread-safe.
final class MarkMaker {
    private struct Rule {
        let slot: Int
        let byActor: Bool
        let byType: Bool
        let retention: UInt32
    }

    private let rules: DedupRules
    private let fields: FieldList
    private let seed: UInt64
    private let ignored: [UInt64]
    /// Of each type, by its number in the shard.
    private var rulesOfTypes: [Rule?] = []

    init(_ rules: DedupRules, fields: FieldList, hashKey: [UInt8]) {
        self.rules = rules
        self.fields = fields
        ignored = rules.ignored.map(FieldExtractor.nameHash)
        seed = hashKey.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        for rule in rules.types.values { fields.declare(rule.field) }
        if let rule = rules.others { fields.declare(rule.field) }
    }

    /// Learns of a new event type; types are numbered from 0 in the order of these calls.
    func addType(_ type: String) {
        rulesOfTypes.append(
            rules.rule(for: type).map {
                Rule(
                    slot: fields.declare($0.field), byActor: $0.scope.contains(.actor),
                    byType: $0.scope.contains(.type),
                    retention: $0.retention ?? .max)
            })
    }

    /// A hash of what the event says that was extracted last; 0 where it is not compared.
    @inline(__always)
    func content(type: Int) -> UInt32 {
        guard rulesOfTypes[type] != nil, rules.comparesContent else { return 0 }
        return UInt32(truncatingIfNeeded: fields.extractor.contentHash(ignoring: ignored)) | 1
    }

    /// The event's mark, or an empty one if it has no id. A canonical UUID is taken as it is, any other id as a keyed hash.
    @inline(__always)
    func mark(_ event: UnsafePointer<lectern_event>, type: Int, content: UInt32) -> Mark {
        guard let rule = rulesOfTypes[type] else { return Mark() }
        let id = event.pointee.values[rule.slot]
        // A clock that is ahead would have all others forgotten.
        let time = min(event.pointee.time, event.pointee.received)
        var mark = Mark(high: 0, low: 0, time: time, retention: rule.retention, content: content)
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
        default: return Mark()
        }
        if rule.byActor { mark.high ^= Hash.mix(event.pointee.actor_hash ^ seed, 0xa076_1d64_78bd_642f) }
        if rule.byType {
            let hash = XXH3_64bits_withSeed(event.pointee.type, Int(event.pointee.type_length), seed)
            mark.low ^= Hash.mix(hash, 0xe703_7ed1_a0b4_28db)
        }
        if mark.isEmpty { mark.low = 1 }  // all zero is none
        return mark
    }
}
