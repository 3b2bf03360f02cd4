/// What is wrong in a file of comma-separated values. `line` counts from 1.
struct CSVMistake: Error {
    let line: Int
    let reason: String
}

/// Comma-separated values as RFC 4180 has them: the first line names the columns, a value in quotes may hold commas, line breaks
/// and doubled quotes.
enum CSV {
    /// The rows, each by the columns' names. An empty line is none.
    static func rows(_ bytes: [UInt8]) throws(CSVMistake) -> [[String: String]] {
        var reader = Reader(bytes: bytes)
        guard let (_, names) = try reader.record() else {
            throw CSVMistake(line: 1, reason: "expected a line of names")
        }
        guard Set(names).count == names.count else {
            throw CSVMistake(line: 1, reason: "two columns have the same name")
        }
        var rows: [[String: String]] = []
        while let (line, values) = try reader.record() {
            guard values.count == names.count else {
                throw CSVMistake(line: line, reason: "expected \(names.count) values, found \(values.count)")
            }
            rows.append(Dictionary(uniqueKeysWithValues: zip(names, values)))
        }
        return rows
    }

    private struct Reader {
        private let bytes: [UInt8]
        private var at: Int
        private var line = 1

        init(bytes: [UInt8]) {
            self.bytes = bytes
            // A byte order mark.
            at = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        }

        /// The values of the next line that is not empty, and its number; nil at the end.
        mutating func record() throws(CSVMistake) -> (line: Int, values: [String])? {
            while at < bytes.count, bytes[at] == 10 || bytes[at] == 13 {
                if bytes[at] == 10 { line += 1 }
                at += 1
            }
            guard at < bytes.count else { return nil }
            let first = line
            var values: [String] = []
            while true {
                values.append(try value())
                guard at < bytes.count, bytes[at] == UInt8(ascii: ",") else { return (first, values) }
                at += 1
            }
        }

        private mutating func value() throws(CSVMistake) -> String {
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
                let start = at
                while at < bytes.count, ![UInt8(ascii: ","), 10, 13].contains(bytes[at]) { at += 1 }
                return String(decoding: bytes[start..<at], as: UTF8.self)
            }
            let first = line
            at += 1
            var value: [UInt8] = []
            while at < bytes.count {
                if bytes[at] == UInt8(ascii: "\"") {
                    at += 1
                    guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
                        guard at == bytes.count || [UInt8(ascii: ","), 10, 13].contains(bytes[at]) else {
                            throw CSVMistake(line: line, reason: "expected a comma or the line's end behind a quote")
                        }
                        return String(decoding: value, as: UTF8.self)
                    }
                } else if bytes[at] == 10 {
                    line += 1
                }
                value.append(bytes[at])
                at += 1
            }
            throw CSVMistake(line: first, reason: "a quote is not closed")
        }
    }
}
