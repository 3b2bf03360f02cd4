import Records

/// Compares which events two builds refuse to read, and why.
struct RejectionsComparison: Encodable {
    struct Example: Encodable {
        let place: String
        let old: String?
        let new: String?
        let text: String

        var line: String {
            switch (old, new) {
            case (nil, let new?): "+ \(place): \(new) (\(text))"
            case (let old?, nil): "- \(place): no longer refused; it was: \(old) (\(text))"
            default: "  \(place): \(old ?? "") → \(new ?? "") (\(text))"
            }
        }
    }

    /// How many each build refuses.
    let old: Int
    let new: Int
    let added: Int
    let removed: Int
    /// For another reason.
    let changed: Int
    let examples: [Example]

    var isEmpty: Bool { added == 0 && removed == 0 && changed == 0 }

    private struct Letter {
        let reason: String
        let text: String
    }

    /// - Parameters: files of dead letters.
    init(_ old: String, _ new: String, plugin: String, limit: Int) throws {
        let before = try Self.letters(old, plugin), after = try Self.letters(new, plugin)
        self.old = before.count
        self.new = after.count
        let added = after.filter { before[$0.key] == nil }
        let removed = before.filter { after[$0.key] == nil }
        let changed = after.filter { place, letter in before[place].map { $0.reason != letter.reason } ?? false }
        self.added = added.count
        self.removed = removed.count
        self.changed = changed.count
        func some(_ letters: [String: Letter]) -> [Example] {
            letters.sorted { $0.key < $1.key }.prefix(limit).map { place, letter in
                Example(
                    place: place, old: before[place]?.reason, new: after[place]?.reason,
                    text: letter.text.count > 120 ? letter.text.prefix(119) + "…" : letter.text)
            }
        }
        examples = some(added) + some(removed) + some(changed)
    }

    /// What the plugin refused, by the event's place.
    private static func letters(_ path: String, _ plugin: String) throws -> [String: Letter] {
        let file = try MappedFile(path)
        var letters: [String: Letter] = [:]
        for line in Lines(file.bytes) {
            guard let letter = try? JSONTree(json: line.text), let reason = letter["reason"]?.text(limit: 400) else {
                continue
            }
            let text = letter["text"]?.text(limit: 400) ?? ""
            if letter["plugin"] == .text(plugin), let partition = letter["partition"]?.json,
                let position = letter["position"]?.json
            {
                letters["partition \(partition), position \(position)"] = Letter(reason: reason, text: text)
            } else if letter["stage"] == .text("decode"), let input = letter["input"]?.text(limit: 400),
                let number = letter["line"]?.json
            {
                letters["\(input), line \(number)"] = Letter(reason: reason, text: text)
            }
        }
        return letters
    }

    var lines: [String] {
        let head = "refused events: \(old == new ? "\(new)" : "\(old) → \(new)")"
        if isEmpty { return [head + (new == 0 ? "" : ", all the same")] }
        return ["\(head), \(added) more, \(removed) no longer, \(changed) for another reason"]
            + examples.map { "  \($0.line)" }
    }
}
