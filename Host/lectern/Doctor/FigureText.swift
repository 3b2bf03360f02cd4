/// Figures as `/metrics` writes them.
struct FigureText {
    /// By name and labels, as they are written.
    let values: [(name: Substring, labels: Substring, value: Double)]

    init(_ text: String) {
        values = text.split(separator: "\n").compactMap { line in
            guard !line.hasPrefix("#"), let space = line.lastIndex(of: " "),
                let value = Double(line[line.index(after: space)...])
            else { return nil }
            let series = line[..<space]
            let name = series.prefix { $0 != "{" }
            return (name, series[name.endIndex...], value)
        }
    }

    /// The sum of all series of a figure whose labels hold a text; nil if there are none.
    func sum(_ name: String, having label: String = "") -> Double? {
        let found = values.filter { $0.name == name && (label.isEmpty || $0.labels.contains(label)) }
        return found.isEmpty ? nil : found.reduce(0) { $0 + $1.value }
    }

    /// Of a histogram, all series together, the bound below which so large a share lies; nil if nothing was counted.
    func quantile(_ share: Double, of name: String) -> Double? {
        var buckets: [Double: Double] = [:]
        for (bucket, labels, value) in values where bucket == "\(name)_bucket" {
            guard let bound = labels.firstMatch(of: /le="([^"]+)"/)?.1 else { continue }
            buckets[bound == "+Inf" ? .infinity : Double(bound) ?? .infinity, default: 0] += value
        }
        guard let all = buckets[.infinity], all > 0 else { return nil }
        return buckets.sorted { $0.key < $1.key }.first { $0.value >= share * all }?.key
    }
}
