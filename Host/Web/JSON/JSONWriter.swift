package import Records

/// Writes one JSON document: takes care of commas. Not thread-safe.
package struct JSONWriter: ~Copyable {
    package private(set) var bytes = Bytes()
    private var needsComma = false

    package init() {}

    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        open("{")
        members(&self)
        close("}")
    }

    package mutating func array(_ items: (inout JSONWriter) -> Void) {
        open("[")
        items(&self)
        close("]")
    }

    package mutating func array<Item>(_ items: some Sequence<Item>, _ write: (inout JSONWriter, Item) -> Void) {
        open("[")
        for item in items { write(&self, item) }
        close("]")
    }

    package mutating func key(_ name: String) {
        text(name)
        bytes.append(":")
        needsComma = false
    }

    package mutating func member(_ name: String, _ value: String) {
        key(name)
        text(value)
    }

    package mutating func member(_ name: String, _ value: some BinaryInteger) {
        key(name)
        integer(value)
    }

    package mutating func member(_ name: String, _ value: Bool) {
        key(name)
        boolean(value)
    }

    package mutating func text(_ value: String) { scalar { $0.appendJSON(value) } }

    package mutating func integer(_ value: some BinaryInteger) { scalar { $0.append("\(value)") } }

    /// `null` for NaN and infinities.
    package mutating func number(_ value: Double) { scalar { $0.appendJSON(value) } }

    package mutating func boolean(_ value: Bool) { scalar { $0.appendJSON(value) } }

    /// An RFC 3339 time stamp.
    package mutating func time(_ microseconds: Int64) { scalar { $0.appendJSON(microseconds: microseconds) } }

    package mutating func null() { scalar { $0.append("null") } }

    package mutating func base64(_ data: UnsafeRawBufferPointer) {
        scalar { bytes in
            bytes.append("\"")
            bytes.appendBase64(data)
            bytes.append("\"")
        }
    }

    /// JSON text that is taken as it is.
    package mutating func json(_ text: String) { scalar { $0.append(text) } }

    private mutating func scalar(_ write: (inout Bytes) -> Void) {
        if needsComma { bytes.append(",") }
        write(&bytes)
        needsComma = true
    }

    private mutating func open(_ bracket: StaticString) {
        if needsComma { bytes.append(",") }
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: StaticString) {
        bytes.append(bracket)
        needsComma = true
    }
}
