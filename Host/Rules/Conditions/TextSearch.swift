import Glibc

extension UnsafeRawBufferPointer {
    /// Whether these bytes stand somewhere in it.
    func holds(_ wanted: UnsafeRawBufferPointer) -> Bool {
        guard let first = wanted.first, let start = baseAddress else { return true }
        var at = 0
        while count - at >= wanted.count,
            let found = memchr(start + at, Int32(first), count - at - wanted.count + 1)
        {
            if memcmp(found, wanted.baseAddress!, wanted.count) == 0 { return true }
            at = UnsafeRawPointer(found) - start + 1
        }
        return false
    }
}

/// The items of a JSON array, as `FieldExtractor` gives it: valid, and without space between.
enum JSONItems {
    /// Whether one of the array's items is this text.
    static func contain(_ wanted: UnsafeRawBufferPointer, in array: UnsafeRawBufferPointer) -> Bool {
        var at = 1
        var depth = 1
        var beginsItem = true
        while at < array.count {
            let byte = array[at]
            switch byte {
            case UInt8(ascii: "\""):
                let (equals, end) = compare(array, from: at + 1, wanted)
                if beginsItem, depth == 1, equals { return true }
                at = end
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
            beginsItem = byte == UInt8(ascii: ",")
            at += 1
        }
        return false
    }

    /// Compares a text in quotes, and finds the quote at its end.
    private static func compare(
        _ json: UnsafeRawBufferPointer, from start: Int, _ wanted: UnsafeRawBufferPointer
    ) -> (equals: Bool, end: Int) {
        var at = start
        var next = 0
        var equals = true
        func take(_ byte: UInt8) {
            if next < wanted.count, wanted[next] == byte { next += 1 } else { equals = false }
        }
        while at < json.count, json[at] != UInt8(ascii: "\"") {
            guard json[at] == UInt8(ascii: "\\"), at + 1 < json.count else {
                take(json[at])
                at += 1
                continue
            }
            let escape = json[at + 1]
            at += 2
            switch escape {
            case UInt8(ascii: "n"): take(10)
            case UInt8(ascii: "r"): take(13)
            case UInt8(ascii: "t"): take(9)
            case UInt8(ascii: "b"): take(8)
            case UInt8(ascii: "f"): take(12)
            case UInt8(ascii: "u"):
                // Control characters alone are escaped so.
                let digits = String(decoding: json[at..<min(at + 4, json.count)], as: UTF8.self)
                take(UInt8(truncatingIfNeeded: UInt32(digits, radix: 16) ?? 0))
                at += 4
            default: take(escape)
            }
        }
        return (equals && next == wanted.count, at)
    }
}
