import Records

/// Compares two files of states, sorted as `lectern fold` writes them: one pass over both, no memory of states.
struct StatesComparison {
    private let plugin: String
    private let limit: Int
    private let old: [String: UnsafeRawBufferPointer]
    private let new: [String: UnsafeRawBufferPointer]
    /// The reducers in the order of their lines, those of the new build first.
    private let reducers: [String]
    private let files: [MappedFile]

    /// - Parameters:
    ///   - plugin: the id whose reducers are compared; lines of others are left out.
    ///   - limit: examples of each kind.
    init(_ old: String, _ new: String, plugin: String, limit: Int) throws {
        let files = [try MappedFile(old), try MappedFile(new)]
        self.files = files
        self.plugin = plugin
        self.limit = limit
        let (before, after) = (Self.groups(files[0].bytes, plugin), Self.groups(files[1].bytes, plugin))
        self.old = Dictionary(before.map { ($0.reducer, $0.lines) }, uniquingKeysWith: { first, _ in first })
        self.new = Dictionary(after.map { ($0.reducer, $0.lines) }, uniquingKeysWith: { first, _ in first })
        let known = Set(after.map(\.reducer))
        reducers = after.map(\.reducer) + before.map(\.reducer).filter { !known.contains($0) }
    }

    func differences() -> [ComponentDifference] {
        withExtendedLifetime(files) { reducers.map { difference(of: $0) } }
    }

    private func difference(of reducer: String) -> ComponentDifference {
        var difference = ComponentDifference(reducer, limit: limit)
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        var olds = Lines(old[reducer] ?? nothing), news = Lines(new[reducer] ?? nothing)
        var before = olds.next().map(StateLine.init), after = news.next().map(StateLine.init)
        while before != nil || after != nil {
            let order = before == nil ? 1 : after == nil ? -1 : before!.key.order(against: after!.key)
            if order <= 0 { difference.old += 1 }
            if order >= 0 { difference.new += 1 }
            if order < 0, let line = before {
                difference.add(key: { line.keyText }, old: { line.state.text }, new: nil)
            } else if order > 0, let line = after {
                difference.add(key: { line.keyText }, old: nil, new: { line.state.text })
            } else if let one = before, let other = after, one.state.order(against: other.state) != 0 {
                difference.add(key: { one.keyText }, old: { one.state.text }, new: { other.state.text })
            }
            if order <= 0 { before = olds.next().map(StateLine.init) }
            if order >= 0 { after = news.next().map(StateLine.init) }
        }
        return difference
    }

    /// The lines of each of the plugin's reducers, which lie together.
    private static func groups(
        _ bytes: UnsafeRawBufferPointer, _ plugin: String
    ) -> [(reducer: String, lines: UnsafeRawBufferPointer)] {
        let head = Array("{\"component\":\"\(plugin).".utf8)
        var groups: [(reducer: String, lines: UnsafeRawBufferPointer)] = []
        var prefix: [UInt8] = []
        var (start, end) = (0, 0)
        func close() {
            guard !prefix.isEmpty else { return }
            let reducer = String(decoding: prefix.dropFirst(head.count).dropLast(), as: UTF8.self)
            groups.append((reducer, UnsafeRawBufferPointer(rebasing: bytes[start..<end])))
        }
        for line in Lines(bytes) {
            let place = line.baseAddress! - bytes.baseAddress!
            if prefix.isEmpty || !line.starts(with: prefix) {
                close()
                prefix = []
                start = place
                if line.starts(with: head), let quote = line.dropFirst(head.count).firstIndex(of: 0x22) {
                    prefix = Array(line[...quote])
                }
            }
            end = min(place + line.count + 1, bytes.count)
        }
        close()
        return groups
    }
}

/// A line of `states.jsonl`: `{"component":"P.R","key":{…},"state":…}`.
private struct StateLine {
    let key: UnsafeRawBufferPointer
    let state: UnsafeRawBufferPointer

    init(_ line: UnsafeRawBufferPointer) {
        let start = Self.end(of: "\"key\":", in: line, from: 0)
        var at = start
        var depth = 0
        var isText = false
        while at < line.count {
            let byte = line[at]
            if isText {
                if byte == 0x5c { at += 1 } else if byte == 0x22 { isText = false }
            } else if byte == 0x22 {
                isText = true
            } else if byte == 0x7b {
                depth += 1
            } else if byte == 0x7d {
                depth -= 1
                if depth == 0 { break }
            }
            at += 1
        }
        let end = min(at + 1, line.count)
        key = UnsafeRawBufferPointer(rebasing: line[start..<end])
        let state = min(end + ",\"state\":".utf8.count, line.count)
        self.state = UnsafeRawBufferPointer(rebasing: line[state..<max(state, line.count - 1)])
    }

    var keyText: String {
        guard let tree = try? JSONTree(json: key.text) else { return key.text }
        return tree.text()
    }

    /// Behind the first place of a text that must be there.
    private static func end(of text: StaticString, in line: UnsafeRawBufferPointer, from: Int) -> Int {
        let count = text.utf8CodeUnitCount
        var at = from
        while at + count <= line.count {
            if line[at] == text.utf8Start[0],
                (0..<count).allSatisfy({ line[at + $0] == text.utf8Start[$0] })
            {
                return at + count
            }
            at += 1
        }
        return line.count
    }
}
