import Foundation
import Records

/// What `load` did.
package struct LoadResult: Sendable, Equatable {
    package var values = 0
    /// States are not loaded: they come from the log.
    package var skippedStates = 0
}

extension KeyValueStore {
    /// Makes of every entry whose key begins with `prefix` a line of JSON, `{"key":"...","value":...}`. `write` gets
    /// some lines at a time, each with its line break, so that memory stays bounded.
    package func dump(prefix: String = "", to write: (String) async throws -> Void) async throws {
        var cursor: String?
        repeat {
            let page = try await scan(prefix: prefix, after: cursor, limit: 10_000)
            if !page.entries.isEmpty { try await write(page.lines) }
            cursor = page.next
        } while cursor != nil
    }

    /// Sets the entries of a dump. Empty lines don't count. Throws `badDump` at a line that `dump` did not write; the
    /// lines before it may have been set.
    package func load(_ lines: some AsyncSequence<String, any Error>) async throws -> LoadResult {
        var result = LoadResult()
        var batch: [StoreEntry] = []
        var number = 0
        for try await line in lines {
            number += 1
            if line.isEmpty { continue }
            let entry = try StoreEntry(dumpLine: line, number: number)
            if StateKey(entry.key) != nil {
                result.skippedStates += 1
                continue
            }
            batch.append(entry)
            result.values += 1
            if batch.count == 1_000 {
                try await multiSet(batch)
                batch = []
            }
        }
        try await multiSet(batch)
        return result
    }
}

extension StorePage {
    fileprivate var lines: String {
        var lines = Bytes()
        for entry in entries {
            lines.append(StoreEntry.head)
            lines.appendJSON(entry.key)
            lines.append(StoreEntry.middle)
            let isOneLine = !entry.value.utf8.contains { $0 == 10 || $0 == 13 }
            // Between a JSON text's tokens a line break means no more than a space, and within them there is none.
            let value =
                isOneLine
                ? entry.value : String(decoding: entry.value.utf8.map { $0 == 10 || $0 == 13 ? 32 : $0 }, as: UTF8.self)
            lines.append(value)
            lines.append("}\n")
        }
        return lines.string
    }
}

extension StoreEntry {
    fileprivate static let head = #"{"key":"#
    fileprivate static let middle = #","value":"#

    fileprivate init(dumpLine line: String, number: Int) throws {
        let error = StoreError.badDump(line: number, expected: #"{"key":"...","value":...}"#)
        let bytes = Array(line.utf8)
        guard bytes.starts(with: Self.head.utf8), bytes.last == UInt8(ascii: "}") else { throw error }
        // The key ends at the first quote that no backslash escapes.
        let start = Self.head.utf8.count
        var end = start + 1
        while end < bytes.count && bytes[end] != UInt8(ascii: "\"") { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
        guard end < bytes.count, bytes[(end + 1)...].starts(with: Self.middle.utf8),
            let key = try? JSONDecoder().decode(String.self, from: Data(bytes[start...end]))
        else { throw error }
        let value = bytes[(end + 1 + Self.middle.utf8.count)...].dropLast()
        self.init(key: key, value: String(decoding: value, as: UTF8.self))
    }
}
