import Records
package import Settings

/// What a rule asks of an event.
package indirect enum FilterCondition: Sendable, Equatable {
    case all([FilterCondition])
    case any([FilterCondition])
    case not(FilterCondition)
    /// Of a field, by its path, as `FieldExtractor` takes it.
    case test(field: String, FilterTest)
}

/// What is asked of one field. What each test says of a field that is missing, `null` or of another type is in one table,
/// `FilterProgram.truth`; the guide on filter rules shows it.
package enum FilterTest: Sendable, Equatable {
    case equals(SettingsScalar)
    case differs(SettingsScalar)
    case isIn([SettingsScalar])
    case below(Double)
    case atMost(Double)
    case above(Double)
    case atLeast(Double)
    /// Both ends included.
    case between(Double, Double)
    /// A text that holds this one, or an array that has it as an item.
    case contains(String)
    /// A regular expression, which was checked.
    case matches(String)
    case exists(Bool)
    case isNull(Bool)
}

extension FilterCondition {
    /// Appends the condition as the settings have it.
    func append(to json: inout Bytes) {
        switch self {
        case .all(let conditions): Self.append("all", conditions, to: &json)
        case .any(let conditions): Self.append("any", conditions, to: &json)
        case .not(let condition):
            json.append("{\"not\":")
            condition.append(to: &json)
            json.append("}")
        case .test(let field, let test):
            json.append("{\"field\":")
            json.appendSetting(field)
            json.append(",")
            test.append(to: &json)
            json.append("}")
        }
    }

    private static func append(_ name: String, _ conditions: [FilterCondition], to json: inout Bytes) {
        json.append("{\"\(name)\":[")
        for (index, condition) in conditions.enumerated() {
            if index > 0 { json.append(",") }
            condition.append(to: &json)
        }
        json.append("]}")
    }

    /// The number of tests and of what combines them.
    var count: Int {
        switch self {
        case .all(let conditions), .any(let conditions): conditions.reduce(1) { $0 + $1.count }
        case .not(let condition): 1 + condition.count
        case .test: 1
        }
    }
}

extension FilterTest {
    fileprivate func append(to json: inout Bytes) {
        func name(_ name: String) { json.append("\"\(name)\":") }
        switch self {
        case .equals(let value):
            name("equals")
            json.appendSetting(value)
        case .differs(let value):
            name("differs")
            json.appendSetting(value)
        case .isIn(let values):
            name("in")
            json.append("[")
            for (index, value) in values.enumerated() {
                if index > 0 { json.append(",") }
                json.appendSetting(value)
            }
            json.append("]")
        case .below(let number):
            name("below")
            json.appendJSON(number)
        case .atMost(let number):
            name("at_most")
            json.appendJSON(number)
        case .above(let number):
            name("above")
            json.appendJSON(number)
        case .atLeast(let number):
            name("at_least")
            json.appendJSON(number)
        case .between(let low, let high):
            name("between")
            json.append("[")
            json.appendJSON(low)
            json.append(",")
            json.appendJSON(high)
            json.append("]")
        case .contains(let text):
            name("contains")
            json.appendSetting(text)
        case .matches(let pattern):
            name("matches")
            json.appendSetting(pattern)
        case .exists(let value):
            name("exists")
            json.appendJSON(value)
        case .isNull(let value):
            name("is_null")
            json.appendJSON(value)
        }
    }
}

extension Bytes {
    /// A text in quotes that JSON and YAML read alike: what YAML does not take in a document is escaped.
    mutating func appendSetting(_ text: String) {
        append("\"")
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: append("\\\"")
            case 0x5c: append("\\\\")
            case 0x20...0x7e, 0xa0...0x2027, 0x202a...0xd7ff, 0xe000...0xfefe, 0xff00...0xfffd, 0x10000...0x10ffff:
                append(String(scalar))
            default:
                let digits = String(scalar.value, radix: 16)
                append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            }
        }
        append("\"")
    }

    mutating func appendSetting(_ scalar: SettingsScalar) {
        switch scalar {
        case .boolean(let value): appendJSON(value)
        case .integer(let value): appendJSON(value)
        case .number(let value): appendJSON(value)
        case .text(let text): appendSetting(text)
        }
    }
}
