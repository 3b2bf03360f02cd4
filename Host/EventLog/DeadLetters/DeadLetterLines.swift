import CRecords
import FoundationEssentials
import Glibc
import Records

/// The lines of a file of dead letters: first the totals as of its beginning, then a letter a line.
enum DeadLetterLines {
    struct Contents {
        var totals: DeadLetterTotals?
        var letters: [DeadLetters.Numbered] = []
        /// Where the last whole line ends.
        var end = 0
    }

    private struct Line: Decodable {
        var id: UInt64
        var code: String
        var reason: String
        var received: String
        var component: String?
        var partition: Int?
        var position: UInt64?
        var client: String?
        var sequence: UInt64?
        var session: UInt32?
        var build: String?
        var attempts: Int?
        var original: Data
    }

    static func appendTotals(_ totals: DeadLetterTotals, to bytes: inout Bytes) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try Array(encoder.encode(totals)).withUnsafeBytes { bytes.append($0) }
        bytes.append("\n")
    }

    static func append(_ letter: DeadLetter, id: UInt64, to bytes: inout Bytes) {
        bytes.append("{\"id\":")
        bytes.append(String(id))
        append("stage", letter.stage.rawValue, to: &bytes)
        append("code", letter.code.rawValue, to: &bytes)
        append("reason", letter.reason, to: &bytes)
        bytes.append(",\"received\":")
        bytes.appendJSON(microseconds: letter.received)
        append("attempts", letter.attempts, to: &bytes)
        append("component", letter.component, to: &bytes)
        append("build", letter.build, to: &bytes)
        append("partition", letter.partition, to: &bytes)
        append("position", letter.position, to: &bytes)
        append("client", letter.client, to: &bytes)
        append("sequence", letter.sequence, to: &bytes)
        append("session", letter.session, to: &bytes)
        append("text", String(validating: letter.original, as: UTF8.self), to: &bytes)
        bytes.append(",\"original\":\"")
        letter.original.withUnsafeBytes { bytes.appendBase64($0) }
        bytes.append("\"}\n")
    }

    /// Reads the first `length` bytes of a file. A line that can't be read is left out.
    static func read(_ path: String, length: Int) throws -> Contents {
        let bytes = try File(path, O_RDONLY).contents().prefix(length)
        var contents = Contents()
        var start = bytes.startIndex
        while let newline = bytes[start...].firstIndex(of: 10) {
            let line = Data(bytes[start..<newline])
            let isFirst = start == bytes.startIndex
            start = newline + 1
            if isFirst {
                contents.totals = try? JSONDecoder().decode(DeadLetterTotals.self, from: line)
                if contents.totals != nil { contents.end = start }
            } else if let letter = decode(line) {
                contents.letters.append(letter)
                contents.end = start
            }
        }
        return contents
    }

    static func decode(_ line: Data) -> DeadLetters.Numbered? {
        guard let line = try? JSONDecoder().decode(Line.self, from: line),
            let code = DeadLetter.Code(rawValue: line.code)
        else { return nil }
        var received: Int64 = 0
        var precision: UInt8 = 0
        guard lectern_parse_timestamp(line.received, line.received.utf8.count, &received, &precision) == 1 else {
            return nil
        }
        var letter = DeadLetter(code: code, reason: line.reason, received: received, original: Array(line.original))
        letter.component = line.component
        letter.partition = line.partition
        letter.position = line.position
        letter.client = line.client
        letter.sequence = line.sequence
        letter.session = line.session
        letter.build = line.build
        letter.attempts = line.attempts ?? 1
        return DeadLetters.Numbered(id: line.id, letter: letter)
    }

    private static func append(_ name: StaticString, _ text: String?, to bytes: inout Bytes) {
        guard let text else { return }
        appendName(name, to: &bytes)
        bytes.appendJSON(text)
    }

    private static func append(_ name: StaticString, _ number: (some FixedWidthInteger)?, to bytes: inout Bytes) {
        guard let number else { return }
        appendName(name, to: &bytes)
        bytes.append(String(number))
    }

    private static func appendName(_ name: StaticString, to bytes: inout Bytes) {
        bytes.append(",\"")
        bytes.append(name)
        bytes.append("\":")
    }
}
