import Testing

/// The built `lectern` and the built plugins, run as their users run them: one test at a time, since each takes the
/// machine.
@Suite(
    .serialized,
    .enabled(if: Installation.isExpected, "needs a built lectern and plugins: LECTERN_BIN, LECTERN_PLUGINS"))
enum IntegrationTests {}

/// Why a test could not come to its point.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
