/// Bytes to be sent, in order. Long values are shared with whoever has them, so that they are not copied on the way.
struct RedisBytes: Sendable {
    private struct Value {
        /// What of the text stands before it.
        let offset: Int
        let bytes: ArraySlice<UInt8>
    }

    /// All but the long values.
    private var text: [UInt8] = []
    private var values: [Value] = []

    /// Shorter values are quicker to copy than to keep apart.
    private static let long = 4 << 10

    /// How much there is without the long values. What is appended later begins there.
    var textCount: Int { text.count }

    mutating func append(_ bytes: some Collection<UInt8>) { text += bytes }

    /// Appends a word of a command, as the server reads it.
    mutating func append(word: some Collection<UInt8>) {
        append(UInt8(ascii: "$"), word.count)
        text += word
        endLine()
    }

    /// Appends a value as a word.
    mutating func append(value: [UInt8]) {
        append(UInt8(ascii: "$"), value.count)
        append(part: value[...])
        endLine()
    }

    /// Appends an entry, as it is stored, as a word.
    mutating func append(word entry: RedisEntry) {
        append(UInt8(ascii: "$"), entry.size)
        text.append(entry.replacesMarks ? 1 : 0)
        text.append(littleEndian: UInt32(entry.marks.count))
        append(part: entry.marks[...])
        for piece in entry.pieces {
            text.append(littleEndian: UInt32(piece.pile))
            text.append(littleEndian: UInt32(piece.states.count))
            append(part: piece.states)
        }
        endLine()
    }

    private mutating func append(part: ArraySlice<UInt8>) {
        if part.count < Self.long { text += part } else { values.append(Value(offset: text.count, bytes: part)) }
    }

    /// Appends a line that says how many there are of something.
    mutating func append(_ kind: UInt8, _ count: Int) {
        text.append(kind)
        var divisor = 1
        while count / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(count / divisor % 10))
            divisor /= 10
        }
        endLine()
    }

    private mutating func endLine() {
        text.append(13)
        text.append(10)
    }

    /// Appends what the text of a range is, with the long values within.
    ///
    /// - Parameter next: the first of the long values from the range's beginning on; then the first behind the range.
    mutating func append(_ other: RedisBytes, _ range: Range<Int>, next: inout Int) {
        var start = range.lowerBound
        while next < other.values.count, other.values[next].offset < range.upperBound {
            let value = other.values[next]
            text += other.text[start..<value.offset]
            values.append(Value(offset: text.count, bytes: value.bytes))
            start = value.offset
            next += 1
        }
        text += other.text[start..<range.upperBound]
    }

    // MARK: Segments

    /// Text and long values in turn.
    var segmentCount: Int { 2 * values.count + 1 }

    func withSegment<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        if index % 2 == 1 { return values[index / 2].bytes.withUnsafeBytes(body) }
        let start = index == 0 ? 0 : values[index / 2 - 1].offset
        let end = index / 2 < values.count ? values[index / 2].offset : text.count
        return text.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
    }
}
