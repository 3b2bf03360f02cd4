/// Settings that reducers, aggregators and inputs see: these are types, so that there is no instance to keep them.
///
///     struct Revision: Plugin {
///         static let settings = ReducerSettings(Settings())
///         init(settings: Settings) throws { try Self.settings.fix(settings) }
///
/// and in a reducer `Revision.settings.current.passMark`.
///
/// They are fixed when the plugin's instance is made, and never change in a process. A second instance with other
/// settings is refused. What has been folded with other settings stays as it was: say in the description of each such
/// setting that `lectern plugin rebuild` belongs to it.
public final class ReducerSettings<Value: Equatable & Sendable>: @unchecked Sendable {
    // Written by `fix` alone, once, while the plugin's instance is made. The host loads with one thread, and calls no
    // function of a plugin's components before it has the instance: every read comes after the one write.
    private var value: Value
    private var isFixed = false

    /// - Parameter initial: what is current until they are fixed, as in tests of a reducer by itself.
    public init(_ initial: Value) { value = initial }

    /// What was fixed.
    public var current: Value { value }

    /// Fixes them for the process; for the `init(settings:)` of a `Plugin`.
    public func fix(_ value: Value) throws {
        guard !isFixed || value == self.value else {
            throw PlainError("settings: expected those of the plugin's other instance in this process, found others")
        }
        if !isFixed { self.value = value }
        isFixed = true
    }
}
