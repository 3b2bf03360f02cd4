import HTTPTypes

/// The parameter `key` of `/processor/aggregation`: `user:123`, or several parts, `actor:ada,module:m1`, as answers write them.
struct AggregationKey {
    /// A name and a value each.
    let parts: [(name: String, value: String)]

    /// Names under which others ask for whom events are of.
    private static let people = ["actor", "user", "user_id", "student", "student_id", "learner"]

    /// - Throws: `WebError` 400 if it is none.
    init(_ text: String?) throws(WebError) {
        var parts: [(name: String, value: String)] = []
        for piece in (text ?? "").split(separator: ",") {
            guard let colon = piece.firstIndex(of: ":"), let name = Self.decoded(piece[..<colon]), !name.isEmpty,
                let value = Self.decoded(piece[piece.index(after: colon)...])
            else {
                throw WebError(
                    .badRequest, "wrong-key",
                    "key=\(text ?? ""): expected NAME:VALUE, or several with commas between them, such as "
                        + "user:ada,module:m1.")
            }
            parts.append((name, value))
        }
        self.parts = parts
    }

    /// The parts under the names that a component has for them.
    ///
    /// - Throws: `WebError` 400 if it has none of that name.
    func named(by known: [String], of aggregator: Aggregator) throws(WebError) -> [String: String] {
        var named: [String: String] = [:]
        for (name, value) in parts {
            var found = known.contains(name) ? name : nil
            if found == nil, Self.people.contains(name) { found = Self.people.first(where: known.contains) }
            guard let found else {
                throw WebError(
                    .badRequest, "wrong-key",
                    "\(aggregator.name) has no \"\(name)\" in its key, but \(known.joined(separator: ", ")).")
            }
            named[found] = value
        }
        return named
    }

    /// Without its percent-encoding, and without the `=` that marks a number; nil if that is wrong.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "=") { rest = rest.dropFirst() }
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
