import CPluginAPI
import Records
package import Settings

/// The condition of an alert rule, compiled: the conditions of filter rules, asked of named values instead of an event's fields.
/// Not thread-safe.
package final class AlertCondition {
    private let program: FilterProgram
    /// The names that it asks for, in the order of its slots.
    package let names: [String]

    package init(_ rule: AlertRule) {
        var names: [String] = []
        var compiled = FilterRule(rule.name)
        compiled.when = rule.when
        program = FilterProgram(FilterRules([compiled])) { name in
            if let slot = names.firstIndex(of: name) { return slot }
            names.append(name)
            return names.count - 1
        }
        self.names = names
    }

    /// Whether it holds. What is unknown does not.
    ///
    /// - Parameter values: one for each of `names`; nil: null.
    package func holds(_ values: [SettingsScalar?]) -> Bool {
        var texts: [UnsafeMutableBufferPointer<CChar>] = []
        defer { for text in texts { text.deallocate() } }
        let row = values.map { value -> lectern_value in
            var cell = lectern_value()
            switch value {
            case nil: cell.tag = LECTERN_NULL
            case .boolean(let value): cell.tag = value ? LECTERN_TRUE : LECTERN_FALSE
            case .integer(let value):
                cell.tag = LECTERN_INTEGER
                cell.as.integer = value
            case .number(let value):
                cell.tag = LECTERN_NUMBER
                cell.as.number = value
            case .text(let text):
                let bytes = UnsafeMutableBufferPointer<CChar>.allocate(capacity: max(1, text.utf8.count))
                for (index, byte) in text.utf8.enumerated() { bytes[index] = CChar(bitPattern: byte) }
                texts.append(bytes)
                cell.tag = LECTERN_TEXT
                cell.length = UInt32(text.utf8.count)
                cell.as.text = UnsafePointer(bytes.baseAddress)
            }
            return cell
        }
        return row.withUnsafeBufferPointer { row in
            if case .matched = program.run(row.baseAddress!, [0]) { true } else { false }
        }
    }
}
