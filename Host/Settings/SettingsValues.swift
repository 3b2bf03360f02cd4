extension SettingsReader {
    /// A text; a number or a boolean counts as the text that was written. Without a default the key must be set.
    package func string(_ key: String) -> String { string(key, default: nil) ?? missing(key, "a text", "") }
    package func string(_ key: String, default value: String) -> String {
        string(key, default: nil) ?? used(key, value, value)
    }
    /// As above; nil if the key is absent.
    package func string(_ key: String, default value: String?) -> String? {
        read(key, "a text") { text, _ in text } ?? value
    }

    /// A whole number in the range.
    package func integer(_ key: String, in range: some RangeExpression<Int> = Int.min...) -> Int {
        integer(key, default: nil, in: range) ?? missing(key, wholeNumber(range), 0)
    }
    package func integer(_ key: String, default value: Int, in range: some RangeExpression<Int> = Int.min...) -> Int {
        integer(key, default: nil, in: range) ?? used(key, value, "\(value)")
    }
    package func integer(_ key: String, default value: Int?, in range: some RangeExpression<Int> = Int.min...) -> Int? {
        let read = read(key, wholeNumber(range)) { text, isPlain in
            isPlain ? Int(text).flatMap { range.contains($0) ? $0 : nil } : nil
        }
        return read ?? value
    }

    /// A number in the range; finite.
    package func number(_ key: String, default value: Double, in range: ClosedRange<Double>) -> Double {
        let read = read(key, "a number from \(range.lowerBound) to \(range.upperBound)") { text, isPlain in
            isPlain ? Double(text).flatMap { range.contains($0) ? $0 : nil } : nil
        }
        return read ?? used(key, value, "\(value)")
    }

    /// `true` or `false`.
    package func boolean(_ key: String, default value: Bool) -> Bool {
        read(key, "true or false") { text, isPlain in isPlain ? Bool(text) : nil } ?? used(key, value, "\(value)")
    }

    /// A length of time, such as `500ms`, `5s`, `1.5h` (us, ms, s, m, h or d), in the range.
    package func duration(
        _ key: String, default value: Duration, in range: ClosedRange<Duration> = .zero ... .seconds(Int32.max)
    ) -> Duration {
        let limits = quantity(range, .zero, .seconds(Int32.max), DurationText.text)
        let read = read(key, "a duration such as 500ms, 5s or 2h\(limits)") { text, _ in
            DurationText.parse(text).flatMap { range.contains($0) ? $0 : nil }
        }
        return read ?? used(key, value, DurationText.text(value))
    }

    /// A number of bytes, such as `512`, `64KiB`, `1.5GB` (B; kB, MB, GB, TB; KiB, MiB, GiB, TiB), in the range.
    package func size(_ key: String, default value: Int, in range: ClosedRange<Int> = 0...Int.max) -> Int {
        let limits = quantity(range, 0, Int.max, SizeText.text)
        let read = read(key, "a size such as 512, 64KiB or 1GB\(limits)") { text, _ in
            SizeText.parse(text).flatMap { range.contains($0) ? $0 : nil }
        }
        return read ?? used(key, value, SizeText.text(value))
    }

    /// One of the enumeration's raw values. Without a default the key must be set.
    package func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ key: String, of type: Choice.Type = Choice.self
    ) -> Choice {
        choice(key, default: nil) ?? missing(key, choices(Choice.self), Choice.allCases.first!)
    }
    package func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ key: String, default value: Choice
    ) -> Choice {
        choice(key, default: nil) ?? used(key, value, value.rawValue)
    }
    package func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ key: String, default value: Choice?
    ) -> Choice? {
        let remedy: (String) -> String? = { text in
            nearest(to: text, in: Choice.allCases.map(\.rawValue)).map { "Did you mean `\($0)`?" }
        }
        return read(key, choices(Choice.self), remedy: remedy) { text, _ in Choice(rawValue: text) } ?? value
    }

    /// A list of texts. A single text counts as a list of one.
    package func strings(_ key: String, default value: [String] = []) -> [String] {
        guard let node = self.value(key) else { return used(key, value, yaml: SettingsNode.json(value)) }
        problems.note(keyPath(key), node.json, isDefault: false)
        if case .scalar(let text, _) = node.content { return [text] }
        guard case .list(let items) = node.content else {
            problem(key, found: node.summary, expected: "a list of texts")
            return value
        }
        return items.enumerated().compactMap { index, item in
            if case .scalar(let text, _) = item.content { return text }
            problem(key, found: "\(item.summary) as item \(index)", expected: "a list of texts")
            return nil
        }
    }

    /// Reads a scalar; notes a mistake if it is none, or if `convert` returns nil.
    private func read<T>(
        _ key: String, _ expected: String, remedy: (String) -> String? = { _ in nil },
        _ convert: (_ text: String, _ isPlain: Bool) -> T?
    ) -> T? {
        guard let node = value(key) else { return nil }
        guard case .scalar(let text, let isPlain) = node.content else {
            problem(key, found: node.summary, expected: expected)
            return nil
        }
        if let result = convert(text, isPlain) {
            problems.note(keyPath(key), SettingsNode.yaml(text), isDefault: false)
            return result
        }
        problem(key, found: node.summary, expected: expected, remedy: remedy(text))
        return nil
    }

    /// A default that holds.
    private func used<T>(_ key: String, _ value: T, _ text: String) -> T {
        used(key, value, yaml: SettingsNode.yaml(text))
    }

    private func used<T>(_ key: String, _ value: T, yaml: String) -> T {
        problems.note(keyPath(key), yaml, isDefault: true)
        return value
    }

    /// A wrong value has been noted already; an absent one has not.
    private func missing<T>(_ key: String, _ expected: String, _ placeholder: T) -> T {
        if value(key) == nil && !isBroken {
            problem(key, found: "nothing", expected: expected, remedy: "Set `\(keyPath(key))`.")
        }
        return placeholder
    }

    private func wholeNumber(_ range: some RangeExpression<Int>) -> String {
        // `relative` would overflow for a closed range that ends at Int.max.
        let closed = range as? ClosedRange<Int>
        let limits =
            closed?.upperBound == .max
            ? closed!.lowerBound..<Int.max : range.relative(to: Int.min..<Int.max)
        return switch (limits.lowerBound, limits.upperBound) {
        case (.min, .max): "a whole number"
        case (let low, .max): "a whole number of at least \(low)"
        case (.min, let end): "a whole number of at most \(end - 1)"
        case (let low, let end): "a whole number from \(low) to \(end - 1)"
        }
    }

    private func quantity<T: Equatable>(
        _ range: ClosedRange<T>, _ lowest: T, _ highest: T, _ text: (T) -> String
    ) -> String {
        switch (range.lowerBound == lowest, range.upperBound == highest) {
        case (true, true): ""
        case (false, true): ", at least \(text(range.lowerBound))"
        case (true, false): ", at most \(text(range.upperBound))"
        case (false, false): ", from \(text(range.lowerBound)) to \(text(range.upperBound))"
        }
    }

    private func choices<Choice: CaseIterable & RawRepresentable<String>>(_: Choice.Type) -> String {
        "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", ")
    }
}
