import Foundation

/// What `scripts/abi` prints: a value for each place, such as `lectern_reducer.encode`.
struct ABITable {
    private(set) var places: [String] = []
    private(set) var values: [String: String] = [:]

    init(_ text: String) throws {
        var open = ""
        for line in text.split(separator: "\n") {
            guard line.hasPrefix("  ") else {
                open = line.split(separator: " ").last.map(String.init) ?? ""
                continue
            }
            let words = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
            if open == "constants" || open == "types" {
                add(open == "types" ? line.description : words[0], words.dropFirst(2).joined(separator: " "))
            } else if let offset = Int(words[0]) {
                add("\(open).\(words[1])", "at \(offset), \(words.dropFirst(2).joined(separator: " "))")
            } else {
                add(open, words.joined(separator: " "))
            }
        }
        guard places.count > 100 else { throw Failure("expected the table of the ABI, found \(text.prefix(200))") }
    }

    private mutating func add(_ place: String, _ value: String) {
        places.append(place)
        values[place] = value
    }

    /// What differs in another table, a line a place, in this one's order.
    func differences(in other: ABITable) -> [String] {
        let changed = places.filter { values[$0] != other.values[$0] }.map { place in
            "\(place): frozen \(values[place]!), found \(other.values[place] ?? "nothing")"
        }
        return changed
            + other.places.filter { values[$0] == nil }.map { "\($0): not frozen, found \(other.values[$0]!)" }
    }
}
