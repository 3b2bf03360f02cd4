public import CPluginAPI

extension lectern_text {
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.init(Text(start: bytes.baseAddress, count: bytes.count))
    }
}

extension Text {
    /// The text's bytes; valid as long as they are.
    public init(_ text: lectern_text) {
        self.init(start: text.start, count: text.start == nil ? 0 : Int(text.length))
    }
}

/// What the host may read until the process ends: libraries are never unloaded, so it is never freed.
enum Permanent {
    static func value<Value>(_ value: Value) -> UnsafePointer<Value> {
        let pointer = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        pointer.initialize(to: value)
        return UnsafePointer(pointer)
    }

    static func array<Element>(_ elements: [Element]) -> UnsafePointer<Element>? {
        guard !elements.isEmpty else { return nil }
        let pointer = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
        pointer.initialize(from: elements, count: elements.count)
        return UnsafePointer(pointer)
    }

    static func text(_ string: String) -> lectern_text {
        let bytes = Array(string.utf8)
        guard let start = array(bytes) else { return lectern_text() }
        return lectern_text(UnsafeBufferPointer(start: start, count: bytes.count))
    }
}
