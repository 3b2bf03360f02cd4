import FoundationEssentials

/// The actor that an event names itself, as trusted connections' events do.
enum NamedActor {
    /// Nil: it names none, or is no JSON object.
    /// - Parameter fields: such as `user_id` or `user.id`; the first one with a text counts.
    static func name(in event: some Sequence<UInt8>, fields: [String]) -> String? {
        guard let object = try? JSONDecoder().decode([String: Value].self, from: Data(event)) else { return nil }
        for field in fields { if let name = Value.object(object).text(at: field), !name.isEmpty { return name } }
        return nil
    }

    /// Whether the bytes are JSON.
    static func isJSON(_ bytes: [UInt8]) -> Bool { (try? JSONDecoder().decode(Value.self, from: Data(bytes))) != nil }

    /// As far as texts within objects go.
    private enum Value: Decodable {
        case object([String: Value])
        case text(String)
        case other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let object = try? container.decode([String: Value].self) {
                self = .object(object)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .other
            }
        }

        func text(at path: String) -> String? {
            var value = self
            for name in path.split(separator: ".") {
                guard case .object(let members) = value, let member = members[String(name)] else { return nil }
                value = member
            }
            if case .text(let text) = value { return text }
            return nil
        }
    }
}
