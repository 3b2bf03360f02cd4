package import CPluginAPI

extension lectern_text {
    /// A copy as a string; bytes that are not UTF-8 are replaced.
    package var string: String {
        String(decoding: bytes, as: UTF8.self)
    }

    package var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: UnsafeRawPointer(start), count: Int(length))
    }

    /// Borrows the bytes.
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.init(start: bytes.baseAddress?.assumingMemoryBound(to: CChar.self), length: UInt64(bytes.count))
    }
}

extension String {
    /// Calls with the string's bytes, borrowed for the call.
    package func withText<Result>(_ body: (lectern_text) -> Result) -> Result {
        var text = self
        return text.withUTF8 { body(lectern_text(UnsafeRawBufferPointer($0))) }
    }
}

extension ColumnType {
    /// The type that a column's declaration names.
    init?(_ raw: UInt32) {
        switch raw {
        case LECTERN_COLUMN_TEXT: self = .text
        case LECTERN_COLUMN_INTEGER: self = .integer
        case LECTERN_COLUMN_NUMBER: self = .number
        case LECTERN_COLUMN_BOOLEAN: self = .boolean
        case LECTERN_COLUMN_TIME: self = .time
        default: return nil
        }
    }
}
