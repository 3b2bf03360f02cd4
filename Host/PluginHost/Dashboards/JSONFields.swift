import Settings
import Records

/// Reads the fields of one JSON object and notes what is wrong with each. A field that is missing or wrong reads as an
/// empty value, so that one pass finds every mistake. Confined to one thread.
final class JSONFields {
    typealias Report = (_ field: String, _ found: String, _ expected: String) -> Void

    private let object: [String: JSONTree]
    private let path: String
    private let report: Report
    private var known: Set<String> = []

    /// Notes a mistake if `tree` is no object.
    init(_ tree: JSONTree, path: String = "", report: @escaping Report) {
        if case .object(let object) = tree {
            self.object = object
        } else {
            report(path.isEmpty ? "itself" : path, tree.found, "an object")
            object = [:]
        }
        self.path = path
        self.report = report
    }

    func has(_ name: String) -> Bool { object[name] != nil }

    /// The value of an optional field; null counts as absent.
    func value(_ name: String) -> JSONTree? {
        known.insert(name)
        return object[name] == .null ? nil : object[name]
    }

    /// As `value`, but null is a value.
    func literal(_ name: String) -> JSONTree? {
        known.insert(name)
        return object[name]
    }

    func problem(_ name: String, found: String, expected: String) {
        report(path.isEmpty ? name : "\(path).\(name)", found, expected)
    }

    func missing(_ name: String, expected: String) {
        problem(name, found: "nothing", expected: expected)
    }

    /// A text of at most `DashboardLimits.characters`; nil if absent or wrong.
    func text(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        guard case .text(let text) = value, text.count <= DashboardLimits.characters else {
            problem(name, found: value.found, expected: "a text of at most \(DashboardLimits.characters) characters")
            return nil
        }
        return text
    }

    /// A text that must be there and not be blank.
    func requiredText(_ name: String, expected: String = "a text") -> String {
        guard has(name) else {
            known.insert(name)
            missing(name, expected: expected)
            return ""
        }
        guard let text = text(name) else { return "" }
        if text.allSatisfy(\.isWhitespace) {
            problem(name, found: "\"\(text)\"", expected: "\(expected) that is not blank")
        }
        return text
    }

    func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = value(name) else { return nil }
        if case .integer(let integer) = value, let integer = Int(exactly: integer), range.contains(integer) {
            return integer
        }
        problem(name, found: value.found, expected: "an integer from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    func number(_ name: String) -> Double? {
        switch value(name) {
        case nil: return nil
        case .integer(let value): return Double(value)
        case .number(let value): return value
        case .some(let other):
            problem(name, found: other.found, expected: "a number")
            return nil
        }
    }

    func boolean(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        if case .boolean(let boolean) = value { return boolean }
        problem(name, found: value.found, expected: "true or false")
        return nil
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, of: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        guard let value = value(name) else { return nil }
        if case .text(let text) = value, let choice = Choice(rawValue: text) { return choice }
        problem(name, found: value.found, expected: oneOf(Choice.allCases.map(\.rawValue)))
        return nil
    }

    /// The items of an array; empty if it is absent or wrong.
    func items(_ name: String, atMost limit: Int) -> [JSONTree] {
        guard let value = value(name) else { return [] }
        guard case .array(let items) = value, items.count <= limit else {
            problem(name, found: value.found, expected: "an array of at most \(limit)")
            return []
        }
        return items
    }

    /// The objects of an array, each with its own path.
    func objects(_ name: String, atMost limit: Int) -> [JSONFields] {
        items(name, atMost: limit).enumerated().map { index, item in
            JSONFields(item, path: "\(path.isEmpty ? name : "\(path).\(name)")[\(index)]", report: report)
        }
    }

    func texts(_ name: String, atMost limit: Int) -> [String] {
        items(name, atMost: limit).enumerated().compactMap { index, item in
            if case .text(let text) = item { return text }
            problem("\(name)[\(index)]", found: item.found, expected: "a text")
            return nil
        }
    }

    func object(_ name: String) -> JSONFields? {
        value(name).map { JSONFields($0, path: path.isEmpty ? name : "\(path).\(name)", report: report) }
    }

    /// Fields that nobody has asked for become mistakes.
    func finish() {
        for name in object.keys.sorted() where !known.contains(name) {
            let suggestion = nearest(to: name, in: known.sorted()).map { "; did you mean \($0)?" } ?? ""
            problem(name, found: "an unknown field", expected: "\(oneOf(known.sorted()))\(suggestion)")
        }
    }
}

func oneOf(_ names: [String]) -> String {
    names.count == 1 ? names[0] : "one of " + names.joined(separator: ", ")
}
