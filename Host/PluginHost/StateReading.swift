/// A state as it is shown: what one key of a reducer holds, all partitions' parts put together.
package struct StateEntry: Sendable, Equatable {
    /// The key's text: its parts by name, percent-encoded, `actor:ada,module:m1`.
    package let key: String
    /// The external state, as JSON; `null` if there is a problem.
    package let json: String
    /// Why the plugin could not write the state, or nil.
    package let problem: String?

    package init(key: String, json: String, problem: String? = nil) {
        self.key = key
        self.json = json
        self.problem = problem
    }
}

/// Which states are meant, by their keys.
package struct KeySelection: Sendable, Equatable {
    /// Parts that the key has: name and value, as text.
    package var parts: [String: String]
    /// When the window began that the key's part `window` names, in microseconds since 1970 UTC; nil: whenever, and keys without
    /// that part too.
    package var windows: Range<Int64>?

    package init(parts: [String: String] = [:], windows: Range<Int64>? = nil) {
        self.parts = parts
        self.windows = windows
    }

    /// The part of a key whose value is the start of a window, as an RFC 3339 time in UTC.
    package static let window = "window"
}

/// Reads the states of reducers, as of the last checkpoint. All members: any thread, any time.
package protocol StateReading: Sendable {
    /// States in the order of their keys' texts: those that follow `after` (a key's text; nil: from the first), at most
    /// `limit`. Only those that `selection` means count. nil if there is no such reducer.
    ///
    /// - Throws: if the plugin's worker is gone.
    func states(
        plugin: String, reducer: String, selection: KeySelection, after: String?, limit: Int
    ) async throws(PluginUnavailable) -> [StateEntry]?
}

/// Why the states of a plugin can't be read for the moment.
package struct PluginUnavailable: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
