package import CPluginAPI

/// A reducer of a loaded plugin: the plugin's table of functions, copied, and what the host reads from it.
package struct ReducerComponent: Sendable {
    /// Functions and sizes; fields that the plugin's build did not know are zero.
    package nonisolated(unsafe) let raw: lectern_reducer  // constants that live as long as the process
    package let id: String
    package let version: Int
    /// Index into the plugin's inputs.
    package let input: Int
    /// Event types that it takes; empty for all.
    package let types: [String]
    package let key: [KeyDeclaration]

    /// Whether a state is put together from a part for each partition.
    package var isSpread: Bool { !key.contains { $0.kind == .actor } }
}

/// A part of a reducer's key, as declared.
package struct KeyDeclaration: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case actor
        case field(path: String)
        case hour
        case day
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
    package let id: String
    package let title: String
    package let origin: Origin
    package let columns: [TableColumn]
}
