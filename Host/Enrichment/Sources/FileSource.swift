import FoundationEssentials
import Glibc
import Records
import Settings

/// Looks up in a file, which it holds in memory and reads again when it has changed.
final class FileSource: LookupSource {
    private let configuration: SourceConfiguration.File
    private let clock: @Sendable () -> Int64
    private var stamp: FileStamp?
    /// When it was last looked whether the file has changed, in microseconds; nil: never.
    private var looked: Int64?
    private var rows: [[String: JSONTree]] = []
    /// The rows by the values of some columns; where several rows have the same, the last one counts.
    private var indices: [[String]: [[String]: Int]] = [:]

    /// How often the file is looked at, in microseconds.
    private static let interval: Int64 = 1_000_000

    init(_ configuration: SourceConfiguration.File, clock: @escaping @Sendable () -> Int64) {
        self.configuration = configuration
        self.clock = clock
    }

    func look(up question: Question) throws(LookupFailure) -> [String: JSONTree]? {
        try refresh()
        let columns = question.enricher.key.isEmpty ? question.names : question.enricher.key
        guard columns.count == question.parts.count else {
            throw .refused("\(columns.count) columns are the key, and \(question.parts.count) parts are looked up by")
        }
        if indices[columns] == nil { indices[columns] = try makeIndex(columns) }
        return indices[columns]?[question.parts].map { rows[$0] }
    }

    private func refresh() throws(LookupFailure) {
        let now = clock()
        if let looked, now - looked < Self.interval { return }
        guard let found = FileStamp(configuration.path) else {
            throw .away("\(configuration.path): there is no such file, or it can't be read")
        }
        if found != stamp {
            // What can't be read leaves the rows before, and is an error until it can.
            rows = try read()
            indices = [:]
            stamp = found
        }
        looked = now
    }

    private func read() throws(LookupFailure) -> [[String: JSONTree]] {
        let path = configuration.path
        guard let bytes = FileManager.default.contents(atPath: path) else { throw .away("\(path): it can't be read") }
        guard bytes.count <= configuration.bytes else {
            throw .away("\(path): it has \(bytes.count) bytes, more than \(configuration.bytes) (bytes)")
        }
        switch configuration.format {
        case .csv:
            do throws(CSVMistake) {
                return try CSV.rows(Array(bytes)).map { row in row.mapValues { JSONTree.text($0) } }
            } catch {
                throw .away("\(path), line \(error.line): \(error.reason)")
            }
        case .jsonl:
            var rows: [[String: JSONTree]] = []
            for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
                if line.allSatisfy({ $0 == 32 || $0 == 13 || $0 == 9 }) { continue }
                guard case .object(let row) = try? JSONDecoder().decode(JSONTree.self, from: line) else {
                    throw .away("\(path), line \(index + 1): expected a JSON object")
                }
                rows.append(row)
            }
            return rows
        }
    }

    private func makeIndex(_ columns: [String]) throws(LookupFailure) -> [[String]: Int] {
        var index: [[String]: Int] = [:]
        for (number, row) in rows.enumerated() {
            let key = columns.compactMap { row[$0]?.keyText }
            if key.count == columns.count { index[key] = number }
        }
        guard !index.isEmpty || rows.isEmpty else {
            throw .away("\(configuration.path): no row has the columns \(columns.joined(separator: ", "))")
        }
        return index
    }
}

extension JSONTree {
    /// As a key has it; nil for what can't be one.
    fileprivate var keyText: String? {
        switch self {
        case .text(let text): text
        case .integer(let value): "\(value)"
        case .boolean(let value): "\(value)"
        case .null, .number, .array, .object: nil
        }
    }
}
