package import CPluginAPI

/// A reducer of a loaded plugin: the plugin's table of functions, copied, and what the host reads from it.
package struct ReducerComponent: Sendable {
    /// Functions and sizes; fields that the plugin's build did not know are zero.
    package nonisolated(unsafe) let raw: lectern_reducer  // constants that live as long as the process
    package internal(set) var description: ReducerDescription
    /// Index into the plugin's inputs.
    package let input: Int
    /// What its states want of time; nil: nothing.
    package internal(set) var timer: TimerComponent?
    /// The windows that its key names; nil: it names none.
    package internal(set) var windows: WindowComponent? { didSet { description.windows = windows?.description } }

    package var id: String { description.id }
    package var version: Int { description.version }
    package var types: [String] { description.types }
    package var key: [KeyDeclaration] { description.key }
    package var isSpread: Bool { description.isSpread }
}

/// A part of a reducer's key, as declared.
package struct KeyDeclaration: Sendable, Equatable, Codable {
    package enum Kind: Sendable, Equatable, Codable {
        case actor
        case field(path: String)
        case hour
        case day
        case window
    }

    package let kind: Kind
    /// The part's name in the key's text.
    package let name: String
}

/// A typed event of a loaded plugin.
package struct InputComponent: Sendable {
    package nonisolated(unsafe) let raw: lectern_input  // constants that live as long as the process
}

/// A source of a loaded plugin.
package struct SourceComponent: Sendable {
    package nonisolated(unsafe) let raw: lectern_source  // constants that live as long as the process
    package let id: String
    /// The plugin that it is part of.
    package let plugin: String
}

/// An aggregator of a loaded plugin.
package struct AggregatorComponent: Sendable {
    package nonisolated(unsafe) let raw: lectern_aggregator  // constants that live as long as the process
    package let id: String
    /// Index of the reducer whose states it sums up.
    package let reducer: Int
    /// Indices of the parts of that reducer's key that make the group.
    package let group: [Int]
}

/// A table of a loaded plugin.
package struct TableComponent: Sendable {
    package enum Origin: Sendable, Equatable {
        case reducer(Int)
        case aggregator(Int)
    }

    package nonisolated(unsafe) let raw: lectern_table  // constants that live as long as the process
    package let description: TableDescription
    package let origin: Origin

    package var id: String { description.id }
    package var title: String { description.title }
    package var columns: [TableColumn] { description.columns }
}
