package import CPluginAPI

/// An edge by which stored states of a reducer pass from one version to another, as a plugin declares it.
package struct Migration: Sendable, Codable, Hashable {
    /// The reducer's id.
    package let reducer: String
    package let from: Int
    package let to: Int

    package init(reducer: String, from: Int, to: Int) {
        self.reducer = reducer
        self.from = from
        self.to = to
    }
}

extension Migration: CustomStringConvertible {
    package var description: String { "\(reducer) from version \(from) to \(to)" }
}

/// A migration of a loaded plugin.
package struct MigrationComponent: Sendable {
    package nonisolated(unsafe) let raw: lectern_migration  // constants that live as long as the process
    package let description: Migration
}
