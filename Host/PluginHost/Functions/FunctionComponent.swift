/// A function of a plugin that is loaded in this process: what it is, and how it is called.
package struct FunctionComponent: Sendable {
    package let description: FunctionDescription
    package let caller: FunctionCaller
    /// How many tests it has passed.
    package let tests: Int

    package var id: String { description.id }
}
