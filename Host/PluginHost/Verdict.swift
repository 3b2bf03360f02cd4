/// What follows from what a build has done, whatever the settings say of it.
package enum Verdict: Sendable, Equatable {
    /// It has ended the host from inside, so it runs in a worker.
    case isolated
    /// It ends its workers, so it does not fold; what it has stored is still shown.
    case off(Stop)
    /// It ends its workers where the build before, this staged library, does not: that one runs.
    case replaced(by: String, Stop)

    /// Since when a build does not fold, and why.
    package struct Stop: Sendable, Equatable {
        /// Microseconds since 1970 UTC.
        package let since: Int64
        package let reason: String

        package init(since: Int64, reason: String) {
            self.since = since
            self.reason = reason
        }
    }
}
