/// An event that a plugin does not fold, for a reason that somebody ought to know.
package struct Rejection: Sendable {
    package enum Cause: String, Sendable, CaseIterable {
        /// The plugin could not read it.
        case unreadable
        /// Its id came before with other content. Every plugin that would fold it finds the same.
        case conflict
        /// A filter rule could not be asked about it. Every plugin finds the same.
        case unfiltered
    }

    package let cause: Cause
    package let plugin: String
    /// The plugin's build.
    package let build: String
    package let partition: Int
    package let position: UInt64
    package let reason: String
    /// The event as it arrived.
    package let payload: [UInt8]
}
