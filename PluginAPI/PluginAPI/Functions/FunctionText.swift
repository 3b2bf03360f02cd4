public import CPluginAPI

/// A text as a C function takes and returns it. A literal is one; the text of an argument is ``Text/init(_:)``.
///
/// One that a ``Function`` returns is a literal, an argument or a part of one: nothing that ends with the call.
public typealias FunctionText = lectern_text

extension lectern_text: @retroactive ExpressibleByStringLiteral {
    public init(stringLiteral literal: StaticString) {
        self.init(
            start: UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self),
            length: UInt64(literal.utf8CodeUnitCount))
    }

    /// The text's bytes; valid as long as they are.
    public init(_ text: Text) {
        self.init(start: text.utf8.baseAddress?.assumingMemoryBound(to: CChar.self), length: UInt64(text.count))
    }

    /// No text.
    public static var null: lectern_text { lectern_text(start: nil, length: 0) }

    /// Whether there is no text, which an empty one is.
    public var isNull: Bool { start == nil }
}
