import CPluginAPI
import CRecords
import PluginHost
import Records

// A key of a shard's tables is one 64-bit number, made of the numbers of its parts: one part stands for itself, two stand
// side by side, and of more the first ones are replaced by the number of their pair.

/// Gives each different pair of numbers a number. Not thread-safe.
struct PairInterner: ~Copyable {
    private var numbers: [UInt64: UInt32] = [:]
    private var pairs: [UInt64] = []

    mutating func number(of pair: UInt64) -> UInt32 {
        if let number = numbers[pair] { return number }
        let number = UInt32(pairs.count)
        numbers[pair] = number
        pairs.append(pair)
        return number
    }

    func pair(_ number: UInt32) -> UInt64 { pairs[Int(number)] }
}

/// The numbers of key parts and of their pairs in one shard. Not thread-safe.
struct KeySpace: ~Copyable {
    var parts = Interner()
    var pairs = PairInterner()
    private var windows: [Int64: UInt32] = [:]
    /// The one that was asked for last: neighbours in the log are neighbours in time.
    private var lastWindow = (start: Int64.min, number: UInt32.max)

    /// The number of the part that is the start of a window: its text, as an RFC 3339 time in UTC.
    @inline(__always)
    mutating func number(ofWindow start: Int64) -> UInt32 {
        if start != lastWindow.start { lastWindow = (start, find(window: start)) }
        return lastWindow.number
    }

    private mutating func find(window start: Int64) -> UInt32 {
        if let number = windows[start] { return number }
        var text = Bytes()
        text.appendJSON(microseconds: start)
        let plain = UnsafeRawBufferPointer(rebasing: text.contents[1..<text.count - 1])  // without its quotes
        let number = parts.number(of: plain, hash: parts.hash(plain))
        windows[start] = number
        return number
    }
}

/// A key space that several readers refer to.
final class KeyIndex {
    var space = KeySpace()
}

/// How the parts of one reducer's key are found in an event.
struct KeyMaker {
    private enum Part {
        case actor
        case slot(Int)
        case hour
        case day
        case window
    }

    /// The number of the actor of an event that has none.
    static let nobody = UInt32.max

    private let parts: [Part]

    init(_ key: [KeyDeclaration], fields: FieldList) {
        parts = key.map {
            switch $0.kind {
            case .actor: .actor
            case .field(let path): .slot(fields.declare(path))
            case .hour: .hour
            case .day: .day
            case .window: .window
            }
        }
    }

    /// The event's key, or nil if it lacks a part.
    ///
    /// - Parameter window: the number of the start of the window.
    @inline(__always)
    func key(
        _ event: UnsafePointer<lectern_event>, actor: UInt32, window: UInt32 = 0, _ keys: inout KeySpace
    ) -> UInt64? {
        var key: UInt64 = 0
        for index in parts.indices {
            let number: UInt32
            switch parts[index] {
            case .actor:
                guard actor != Self.nobody else { return nil }
                number = actor
            case .slot(let slot):
                guard let part = Self.number(of: event.pointee.values[slot], &keys.parts) else { return nil }
                number = part
            case .hour: number = Self.whole(event.pointee.time, 3_600_000_000)
            case .day: number = Self.whole(event.pointee.time, 86_400_000_000)
            case .window: number = window
            }
            switch index {
            case 0: key = UInt64(number)
            case 1: key = key << 32 | UInt64(number)
            default: key = UInt64(keys.pairs.number(of: key)) << 32 | UInt64(number)
            }
        }
        return key
    }

    @inline(__always)
    private static func number(of value: lectern_value, _ interner: inout Interner) -> UInt32? {
        switch value.tag {
        case LECTERN_TEXT:
            let text = UnsafeRawBufferPointer(start: UnsafeRawPointer(value.as.text), count: Int(value.length))
            return interner.number(of: text, hash: interner.hash(text))
        case LECTERN_INTEGER: return interner.number(of: value.as.integer, isBoolean: false)
        case LECTERN_FALSE: return interner.number(of: 0, isBoolean: true)
        case LECTERN_TRUE: return interner.number(of: 1, isBoolean: true)
        default: return nil
        }
    }

    /// Whole hours or days since 1970, rounded down: they fit 32 bits for the years that a time can have.
    @inline(__always)
    private static func whole(_ time: Int64, _ unit: Int64) -> UInt32 {
        UInt32(bitPattern: Int32(truncatingIfNeeded: (time >= 0 ? time : time - unit + 1) / unit))
    }
}

/// How the stored form of a reducer's keys is made. Plain numbers, so that passing it costs nothing.
struct KeyForm {
    private let count: Int
    /// A bit for each part that is a number of its own, an hour or a day, rather than the number of an interned part.
    private let plain: UInt8

    init(_ key: [KeyDeclaration]) {
        count = key.count
        plain = key.enumerated().reduce(0) { bits, part in
            part.element.kind == .hour || part.element.kind == .day ? bits | 1 << UInt8(part.offset) : bits
        }
    }

    /// Appends the stored form of a key: see `KeyBytes`.
    func append(_ packed: UInt64, _ keys: borrowing KeySpace, to bytes: inout Bytes) {
        lectern_cbor_head(&bytes.raw, 4, UInt64(count))
        appendParts(packed, through: count - 1, keys, to: &bytes)
    }

    private func appendParts(_ packed: UInt64, through last: Int, _ keys: borrowing KeySpace, to bytes: inout Bytes) {
        if last >= 1 {
            let first = UInt32(truncatingIfNeeded: packed >> 32)
            appendParts(last == 1 ? UInt64(first) : keys.pairs.pair(first), through: last - 1, keys, to: &bytes)
        }
        let number = UInt32(truncatingIfNeeded: packed)
        if plain & 1 << UInt8(last) == 0 {
            let item = keys.parts.item(number)
            lectern_bytes_append(&bytes.raw, item.baseAddress, item.count)
        } else {
            lectern_cbor_integer(&bytes.raw, Int64(Int32(bitPattern: number)))
        }
    }
}

extension ReducerComponent {
    /// The key of stored bytes, as the tables have it; nil if they are not this reducer's.
    func packedKey(_ stored: UnsafeRawBufferPointer, _ keys: inout KeySpace) -> UInt64? {
        var cursor = stored.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let start = cursor else { return nil }
        let end = start + stored.count
        var major: UInt8 = 0
        var size: UInt8 = 0
        var argument: UInt64 = 0
        func isHead() -> Bool { lectern_cbor_read_head(&cursor, end, &major, &argument, &size) == 1 }
        guard isHead(), major == 4, argument == key.count else { return nil }
        var packed: UInt64 = 0
        for (index, part) in key.enumerated() {
            guard isHead(), let at = cursor else { return nil }
            let number: UInt32
            switch (part.kind, major) {
            case (.hour, 0), (.day, 0): number = UInt32(truncatingIfNeeded: argument)
            case (.hour, 1), (.day, 1): number = ~UInt32(truncatingIfNeeded: argument)
            case (.actor, 3), (.field, 3), (.window, 3):
                guard argument <= end - at else { return nil }
                let text = UnsafeRawBufferPointer(start: at, count: Int(argument))
                cursor = at + text.count
                number = keys.parts.number(of: text, hash: keys.parts.hash(text))
            case (.field, 0), (.field, 1):
                guard let value = Int64(exactly: argument) else { return nil }
                number = keys.parts.number(of: major == 0 ? value : ~value, isBoolean: false)
            case (.field, 7):
                guard argument == 20 || argument == 21 else { return nil }
                number = keys.parts.number(of: argument == 21 ? 1 : 0, isBoolean: true)
            default: return nil
            }
            switch index {
            case 0: packed = UInt64(number)
            case 1: packed = packed << 32 | UInt64(number)
            default: packed = UInt64(keys.pairs.number(of: packed)) << 32 | UInt64(number)
            }
        }
        return cursor == end ? packed : nil
    }
}
