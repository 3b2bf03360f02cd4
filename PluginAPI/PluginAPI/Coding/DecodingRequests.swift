/// Notes which keys a decoding asked for, so that keys nobody asked for can be told.
final class DecodingRequests {
    private struct Visit {
        let path: String
        let map: StateMap
        var asked: Set<String> = []
    }

    private var visits: [UnsafeRawPointer?: Visit] = [:]

    func note(_ map: StateMap, at path: [any CodingKey]) {
        guard visits[map.bytes.baseAddress] == nil else { return }
        visits[map.bytes.baseAddress] = Visit(path: path.map { $0.stringValue + "." }.joined(), map: map)
    }

    func note(_ key: String, of map: StateMap) {
        visits[map.bytes.baseAddress]?.asked.insert(key)
    }

    /// The keys that no one asked for, each with those that were asked for beside it.
    func unknown() -> [(key: String, known: [String])] {
        var unknown: [(key: String, known: [String])] = []
        for visit in visits.values {
            visit.map.forEach { key, _ in
                guard let name = try? key.text().string, !visit.asked.contains(name) else { return }
                unknown.append((visit.path + name, visit.asked.sorted()))
            }
        }
        return unknown.sorted { $0.key < $1.key }
    }
}
