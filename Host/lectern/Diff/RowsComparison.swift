import Records

/// Compares the rows of a table in two files, sorted as `lectern fold` writes them.
struct RowsComparison {
    let table: String
    /// The columns that are a row's key with each build. Where they differ, no row of one is one of the other's.
    let oldKeys: [String]
    let newKeys: [String]
    let limit: Int

    /// - Parameter old: the file's path; nil: that build has no such table.
    func difference(_ old: String?, _ new: String?) throws -> ComponentDifference {
        var difference = ComponentDifference(table, limit: limit)
        let files = (try old.map { try MappedFile($0) }, try new.map { try MappedFile($0) })
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        // Rows that are in one alone, by their keys: only they are kept.
        var gone: [String: UnsafeRawBufferPointer] = [:]
        var fresh: [(key: String, line: UnsafeRawBufferPointer)] = []
        withExtendedLifetime(files) {
            var olds = Lines(files.0?.bytes ?? nothing), news = Lines(files.1?.bytes ?? nothing)
            var before = olds.next(), after = news.next()
            while before != nil || after != nil {
                let order = before == nil ? 1 : after == nil ? -1 : before!.order(against: after!)
                if order < 0, let line = before {
                    let key = key(of: line, oldKeys)
                    if let other = gone.updateValue(line, forKey: key) {
                        // Keys that come twice say nothing.
                        difference.add(key: { key }, old: { other.text }, new: nil)
                    }
                }
                if order > 0, let line = after { fresh.append((key(of: line, newKeys), line)) }
                if order <= 0 {
                    difference.old += 1
                    before = olds.next()
                }
                if order >= 0 {
                    difference.new += 1
                    after = news.next()
                }
            }
            for (key, line) in fresh {
                let other = gone.removeValue(forKey: key)
                difference.add(key: { key }, old: other.map { other in { other.text } }, new: { line.text })
            }
            for (key, line) in gone.sorted(by: { $0.key < $1.key }) {
                difference.add(key: { key }, old: { line.text }, new: nil)
            }
        }
        return difference
    }

    private func key(of line: UnsafeRawBufferPointer, _ keys: [String]) -> String {
        guard !keys.isEmpty, let row = try? JSONTree(json: line.text) else { return line.text }
        return keys.map { "\($0) \(row[$0]?.text() ?? "none")" }.joined(separator: ", ")
    }
}
