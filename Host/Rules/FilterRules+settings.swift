package import Settings

extension FilterRules {
    /// Rules in a set, and conditions in a rule, at most.
    static let limit = 256
    /// How deep conditions may lie within each other.
    private static let deepest = 16
    /// The longest text that a rule compares with, and the longest path of a field, in bytes.
    private static let longestText = 4096
    private static let longestField = 256

    /// The section `filters`, or a file of its own:
    ///
    ///     filters:
    ///       mode: all
    ///       presets: [rapid-fire]
    ///       rules:
    ///         - name: bots
    ///           when: {field: server.agent, matches: "(?i)bot|crawler"}
    ///           action: block
    ///
    /// Notes every mistake.
    package init(_ reader: SettingsReader) {
        let mode = reader.choice("mode", default: Mode.all)
        let steps = reader.integer("steps", default: Self.defaultSteps, in: 1000...100_000_000)
        let own = reader.items("rules").map(Self.rule)
        let rules = own.compactMap(\.self) + RuleNames.presets(FilterRule.presets, name: \.name, in: reader)
        RuleNames.check(rules.map(\.name), limit: Self.limit, in: reader)
        reader.finish()
        self.init(mode: mode, steps: steps, rules)
    }

    private static func rule(_ reader: SettingsReader) -> FilterRule? {
        var rule = FilterRule(name("name", in: reader))
        rule.types = reader.strings("events")
        if rule.types.contains(where: { $0.isEmpty || $0.utf8.count > longestText }) {
            reader.problem("events", found: "an empty type, or one that is too long", expected: "types of events")
        }
        if reader.has("when") {
            let when = condition("when", in: reader, depth: 1)
            if when.count > limit {
                reader.problem("when", found: "\(when.count) conditions", expected: "at most \(limit)")
            }
            rule.when = when
        }
        rule.action = reader.choice("action", of: FilterRule.Action.self)
        rule.onError = reader.choice("on_error", default: FilterRule.OnError.allow)
        switch rule.action {
        case .allow: rule.mark = reader.has("mark") ? name("mark", in: reader) : rule.name
        case .block: break
        case .route:
            rule.routes = reader.has("route") ? reader.strings("route") : [rule.name]
            if rule.routes.isEmpty { reader.problem("route", found: "an empty list", expected: "a name, or several") }
            if let wrong = rule.routes.first(where: { !isName($0) }) {
                reader.problem("route", found: "“\(wrong)”", expected: Self.expectedName)
            }
        case .transform: rule.changes = changes(reader)
        }
        reader.finish()
        return reader.isBroken ? nil : rule
    }

    private static let expectedName = "1 to 64 letters, digits, and - _ ."

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    /// The name of a rule, checked.
    static func name(_ key: String, in reader: SettingsReader) -> String {
        let name = reader.string(key)
        if reader.has(key), !isName(name) { reader.problem(key, found: "“\(name)”", expected: expectedName) }
        return name
    }

    // MARK: Changes

    private static func changes(_ reader: SettingsReader) -> [FilterRule.Change] {
        var changes: [FilterRule.Change] = []
        let values = reader.section("set")
        for field in values.keys {
            checkChanged(field, in: values)
            changes.append(.set(field: field, json: values.json(field)))
        }
        values.finish()
        for field in reader.strings("remove") {
            checkChanged(field, in: reader, "remove")
            changes.append(.remove(field: field))
        }
        let names = reader.section("rename")
        for field in names.keys {
            let target = names.string(field)
            checkChanged(field, in: names)
            checkChanged(target, in: names, field)
            if "\(field).".hasPrefix("\(target).") || "\(target).".hasPrefix("\(field).") {
                names.problem(field, found: "“\(target)”", expected: "a field that neither holds it nor lies in it")
            }
            changes.append(.rename(from: field, to: target))
        }
        names.finish()
        if changes.isEmpty {
            reader.problem("action", found: "transform without a change", expected: "set, remove or rename beside it")
        }
        return changes
    }

    /// What the host vouches for is not for rules to change.
    private static func checkChanged(_ field: String, in reader: SettingsReader, _ key: String? = nil) {
        checkField(field, in: reader, key ?? field)
        guard let first = field.split(separator: ".").first, first == "server" || first == "auth" else { return }
        reader.problem(
            key ?? field, found: "the field \(field)", expected: "a field of the event's own",
            remedy: "`server` and `auth` are what the host says of an event")
    }

    private static func checkField(_ field: String, in reader: SettingsReader, _ key: String) {
        let steps = field.split(separator: ".", omittingEmptySubsequences: false)
        guard field.utf8.count > longestField || steps.contains("") else { return }
        reader.problem(
            key, found: "“\(field.prefix(60))”",
            expected: "a field: names joined by dots, at most \(longestField) bytes")
    }

    // MARK: Conditions

    /// The condition under `when`; nil if there is none.
    static func condition(of reader: SettingsReader) -> FilterCondition? {
        reader.has("when") ? condition("when", in: reader, depth: 1) : nil
    }

    /// A condition, or a list of them, which all must hold.
    private static func condition(_ key: String, in reader: SettingsReader, depth: Int) -> FilterCondition {
        if reader.hasList(key) { return .all(conditions(key, in: reader, depth: depth)) }
        return condition(reader.section(key), depth: depth)
    }

    private static func conditions(_ key: String, in reader: SettingsReader, depth: Int) -> [FilterCondition] {
        let items = reader.items(key)
        if items.isEmpty, reader.hasList(key) {
            reader.problem(key, found: "an empty list", expected: "a list of conditions")
        }
        return items.map { condition($0, depth: depth + 1) }
    }

    private static func condition(_ reader: SettingsReader, depth: Int) -> FilterCondition {
        defer { reader.finish() }
        let nothing = FilterCondition.all([])
        if reader.isBroken { return nothing }
        if depth > deepest {
            reader.ignoreOtherKeys()
            reader.problem(
                "all", found: "conditions \(depth) deep within each other", expected: "at most \(deepest)")
            return nothing
        }
        let heads = ["field", "all", "any", "not"].filter(reader.has)
        guard heads.count == 1 else {
            if heads.isEmpty { reader.ignoreOtherKeys() }
            reader.problem(
                heads.last ?? "field", found: heads.isEmpty ? "nothing" : heads.joined(separator: " and "),
                expected: "one of field, all, any, not")
            return nothing
        }
        switch heads[0] {
        case "all": return .all(conditions("all", in: reader, depth: depth))
        case "any": return .any(conditions("any", in: reader, depth: depth))
        case "not": return .not(condition("not", in: reader, depth: depth + 1))
        default:
            let field = reader.string("field")
            checkField(field, in: reader, "field")
            return test(reader).map { .test(field: field, $0) } ?? nothing
        }
    }

    private static let operators = [
        "equals", "differs", "in", "below", "at_most", "above", "at_least", "between", "contains", "matches", "exists",
        "is_null",
    ]

    private static func test(_ reader: SettingsReader) -> FilterTest? {
        let found = operators.filter(reader.has)
        guard found.count == 1, let name = found.first else {
            // Which key is unknown says more than that none is there.
            if found.isEmpty, reader.keys.count > 1 { return nil }
            reader.problem(
                found.last ?? "field",
                found: found.isEmpty ? "nothing beside the field" : found.joined(separator: " and "),
                expected: "one of \(operators.joined(separator: ", "))",
                remedy: found.isEmpty ? nil : "Each is a condition of its own")
            return nil
        }
        switch name {
        case "equals": return reader.scalar(name).map { .equals(checked($0, name, reader)) }
        case "differs": return reader.scalar(name).map { .differs(checked($0, name, reader)) }
        case "in": return .isIn(reader.scalars(name).map { checked($0, name, reader) })
        case "below": return number(name, reader).map { .below($0) }
        case "at_most": return number(name, reader).map { .atMost($0) }
        case "above": return number(name, reader).map { .above($0) }
        case "at_least": return number(name, reader).map { .atLeast($0) }
        case "between":
            let ends = reader.scalars(name).compactMap(\.number)
            guard ends.count == 2, reader.scalars(name).count == 2, ends[0] <= ends[1] else {
                reader.problem(
                    name, found: "something else", expected: "[LOW, HIGH], two numbers, the first not above the second")
                return nil
            }
            return .between(ends[0], ends[1])
        case "contains": return .contains(text(name, reader))
        case "matches":
            let pattern = text(name, reader)
            do throws(RegularExpressionError) { _ = try RegularExpression(pattern) } catch {
                reader.problem(name, found: error.found, expected: error.expected)
            }
            return .matches(pattern)
        case "exists": return .exists(reader.boolean(name, default: true))
        default: return .isNull(reader.boolean(name, default: true))
        }
    }

    private static func checked(_ scalar: SettingsScalar, _ key: String, _ reader: SettingsReader) -> SettingsScalar {
        if case .text(let text) = scalar, text.utf8.count > longestText {
            reader.problem(key, found: "a text of \(text.utf8.count) bytes", expected: "at most \(longestText)")
        }
        return scalar
    }

    private static func text(_ key: String, _ reader: SettingsReader) -> String {
        let text = reader.string(key)
        if text.isEmpty || text.utf8.count > longestText {
            reader.problem(
                key, found: text.isEmpty ? "an empty text" : "a text of \(text.utf8.count) bytes",
                expected: "a text of at most \(longestText) bytes")
        }
        return text
    }

    private static func number(_ key: String, _ reader: SettingsReader) -> Double? {
        if let number = reader.scalar(key)?.number { return number }
        if !reader.has(key) { return nil }
        reader.problem(key, found: "no number", expected: "a number")
        return nil
    }
}

extension SettingsScalar {
    fileprivate var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}
