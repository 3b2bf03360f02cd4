/// One of the trees of a log: every partition has one, whose leaves are its records, each at its position; what belongs
/// to no partition is in the *shared* tree, in the log's order: first the log's description (`log.json`), then the header
/// of each segment and the session records and marks behind it, repeated ones too. So each byte of a log is in a leaf.
///
/// In JSON the partition's number, or `"shared"`.
package enum LogTree: Hashable, Sendable, CustomStringConvertible {
    case partition(Int)
    case shared

    /// As users write it.
    package init?(_ text: String) {
        if text == "shared" {
            self = .shared
        } else if let number = Int(text), number >= 0 {
            self = .partition(number)
        } else {
            return nil
        }
    }

    /// The tree at `index` of a log's trees: first those of the partitions, then the shared one.
    init(index: Int, partitions: Int) { self = index < partitions ? .partition(index) : .shared }

    /// Nil if the log has no such partition.
    func index(partitions: Int) -> Int? {
        switch self {
        case .partition(let number): number < partitions ? number : nil
        case .shared: partitions
        }
    }

    package var description: String {
        switch self {
        case .partition(let number): "partition \(number)"
        case .shared: "the shared tree"
        }
    }
}

extension LogTree: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let number = try? container.decode(Int.self)
        let text = try number.map(String.init) ?? container.decode(String.self)
        guard let tree = LogTree(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a partition or \"shared\" expected")
        }
        self = tree
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .partition(let number): try container.encode(number)
        case .shared: try container.encode("shared")
        }
    }
}
