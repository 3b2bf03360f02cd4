public import CPluginAPI

/// A key of a state or group: the values of its parts, in the order of the declaration. Valid for the call.
public struct KeyView {
    private let key: UnsafePointer<lectern_key>

    @usableFromInline
    init(_ key: UnsafePointer<lectern_key>) { self.key = key }

    public var count: Int { Int(key.pointee.count) }

    /// A part; null if there is none such.
    public subscript(_ index: Int) -> Cell {
        index < count ? Cell(key.pointee.parts[index]) : .null
    }

    /// A part that is a text; empty if it is none.
    public func text(_ index: Int) -> Text {
        if case .text(let text) = self[index] { text } else { "" }
    }

    /// A part that is an integer, as `.hour` and `.day` are; 0 if it is none.
    public func integer(_ index: Int) -> Int {
        if case .integer(let integer) = self[index] { integer } else { 0 }
    }

    /// A part that is a window's start, as `.window` is; nil if it is none.
    public func window(_ index: Int) -> Timestamp? { Timestamp(rfc3339: text(index)) }
}
