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

/// Reads the states of reducers, as of the last checkpoint. All members: any thread, any time.
package protocol StateReading: Sendable {
    /// States in the order of their keys' texts: those that follow `after` (a key's text; nil: from the first), at most
    /// `limit`. Only those whose key has each of `parts` (name and value as text) count. nil if there is no such reducer.
    ///
    /// - Throws: if the plugin's worker is gone.
    func states(
        plugin: String, reducer: String, parts: [String: String], after: String?, limit: Int
    ) async throws(PluginUnavailable) -> [StateEntry]?
}

/// Why the states of a plugin can't be read for the moment.
package struct PluginUnavailable: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
