/// What a function of a plugin is, without its code: what operators see of it, and what the plan of a column needs.
package struct FunctionDescription: Sendable, Hashable, Codable {
    /// What it is called with.
    package struct Argument: Sendable, Hashable, Codable {
        package let name: String
        package let type: ColumnType
        /// Whether it is called with null, too, instead of null being its result.
        package let isNullable: Bool

        package init(name: String, type: ColumnType, isNullable: Bool = false) {
            self.name = name
            self.type = type
            self.isNullable = isNullable
        }
    }

    /// Unique in the host.
    package let id: String
    /// For people.
    package let title: String
    /// What it tells, in a sentence or two; may be empty.
    package let about: String
    package let arguments: [Argument]
    package let result: ColumnType
    /// Whether its result depends on its arguments alone.
    package let isPure: Bool
    /// Whether a call takes microseconds rather than nanoseconds.
    package let isExpensive: Bool

    package init(
        id: String, title: String = "", about: String = "", arguments: [Argument], result: ColumnType,
        isPure: Bool = true, isExpensive: Bool = false
    ) {
        self.id = id
        self.title = title.isEmpty ? id : title
        self.about = about
        self.arguments = arguments
        self.result = result
        self.isPure = isPure
        self.isExpensive = isExpensive
    }

    /// `forgetting(score: number, days: number) -> number`; a `?` marks arguments that may be null.
    package var signature: String {
        let list = arguments.map { "\($0.name): \($0.type.rawValue)\($0.isNullable ? "?" : "")" }
        return "\(id)(\(list.joined(separator: ", "))) -> \(result.rawValue)"
    }

    /// The signature, and what operators should know besides: `…, impure, expensive`.
    package var summary: String { signature + (isPure ? "" : ", impure") + (isExpensive ? ", expensive" : "") }

    /// Whether whatever calls the other one can call this one instead: only names and words differ.
    package func canReplace(_ other: FunctionDescription) -> Bool {
        id == other.id && result == other.result && arguments.map(\.type) == other.arguments.map(\.type)
            && arguments.map(\.isNullable) == other.arguments.map(\.isNullable) && (isPure || !other.isPure)
    }
}

extension ColumnType: Codable {}

/// The ids of functions: as they stand in expressions, where a hyphen would be a minus.
package enum FunctionID {
    package static let rule = "a lower-case letter, then lower-case letters, digits and underscores, at most 64"

    package static func isValid(_ id: String) -> Bool {
        ComponentID.isValid(id, underscores: true) && !id.utf8.contains(45)
    }
}
