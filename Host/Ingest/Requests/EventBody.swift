import Records

/// How the events stand in a request's body.
enum EventBody {
    /// One JSON value, an array of them, or a line for each, whatever the body looks like.
    case json
    /// A JSON value in each line.
    case jsonLines
    /// A line of a foreign format in each line; blank lines count too, so that a line's number is that of the file.
    case foreignLines

    init(contentType: String, isForeign: Bool) {
        let name = contentType.prefix { $0 != ";" }.lowercased()
        let isLines = name.contains("ndjson") || name.contains("jsonl") || name.contains("json-lines")
        self = isForeign ? .foreignLines : isLines ? .jsonLines : .json
    }

    /// Adds each event to `frames`, as it stands. What is not JSON is an event as well, which decoding then refuses:
    /// an array that is not closed is one. Stops at `limit` events.
    func split(_ body: [UInt8], limit: Int, into frames: inout FrameBuffer) {
        body.withUnsafeBytes { body in
            for range in events(of: body, limit: limit) {
                frames.append(text: UnsafeRawBufferPointer(rebasing: body[range]))
            }
        }
    }

    private func events(of body: UnsafeRawBufferPointer, limit: Int) -> [Range<Int>] {
        switch self {
        case .foreignLines: return Self.lines(of: body, limit: limit, keepsBlank: true)
        case .jsonLines: return Self.lines(of: body, limit: limit, keepsBlank: false)
        case .json:
            let start = JSONStructure.skipBlanks(body, 0)
            guard start < body.count else { return [] }
            if body[start] == UInt8(ascii: "["), let elements = JSONStructure.elements(of: body, limit: limit) {
                return elements
            }
            if Self.isLines(body, from: start) { return Self.lines(of: body, limit: limit, keepsBlank: false) }
            let last = body.lastIndex { !JSONStructure.isBlank($0) } ?? start
            return [start..<last + 1]
        }
    }

    /// A first line that is whole, with something after it, makes the body lines; an object may also stretch over
    /// several.
    private static func isLines(_ body: UnsafeRawBufferPointer, from start: Int) -> Bool {
        guard let lineFeed = body[start...].firstIndex(of: UInt8(ascii: "\n")) else { return false }
        guard JSONStructure.skipBlanks(body, lineFeed) < body.count else { return false }
        let line = UnsafeRawBufferPointer(rebasing: body[start..<lineFeed])
        guard let end = JSONStructure.end(of: line, valueAt: 0) else { return false }
        return JSONStructure.skipBlanks(line, end) == line.count
    }

    private static func lines(of body: UnsafeRawBufferPointer, limit: Int, keepsBlank: Bool) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        while start < body.count && lines.count < limit {
            let end = body[start...].firstIndex(of: UInt8(ascii: "\n")) ?? body.count
            var last = end
            if !keepsBlank {
                while last > start, JSONStructure.isBlank(body[last - 1]) { last -= 1 }
            }
            if keepsBlank || last > start { lines.append(start..<last) }
            start = end + 1
        }
        return lines
    }
}
