extension SettingsReader {
    /// A subtree whose keys this host does not know, such as a plugin's settings, as compact JSON: an empty object if
    /// the key is absent. A plain `null`, `true`, `false` or JSON number is that, and every other scalar is a text.
    package func json(_ key: String) -> String {
        let json = value(key)?.json ?? "{}"
        problems.note(keyPath(key), json, isDefault: !has(key))
        return json
    }
}

extension SettingsNode {
    var json: String {
        switch content {
        case .absent: "null"
        case .scalar(let text, let isPlain): isPlain ? Self.plainJSON(text) : Self.quoted(text)
        case .list(let items): "[" + items.map(\.json).joined(separator: ",") + "]"
        case .mapping(let members):
            "{" + members.map { Self.quoted($0.key) + ":" + $0.value.json }.joined(separator: ",") + "}"
        }
    }

    private static func plainJSON(_ text: String) -> String {
        switch text {
        case "true", "True", "TRUE": "true"
        case "false", "False", "FALSE": "false"
        default: text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) == nil ? quoted(text) : text
        }
    }

    static func json(_ texts: [String]) -> String { "[" + texts.map(quoted).joined(separator: ",") + "]" }

    /// A scalar in YAML: as it stands if no reader can take it for anything else.
    static func yaml(_ text: String) -> String {
        let isPlain = text.wholeMatch(of: /[A-Za-z0-9_.\/]([A-Za-z0-9_.\/:+-]*[A-Za-z0-9_.\/+-])?/) != nil
        return isPlain && text.lowercased() != "null" ? text : quoted(text)
    }

    static func quoted(_ text: String) -> String {
        var json = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": json += "\\\""
            case "\\": json += "\\\\"
            case "\n": json += "\\n"
            case "\r": json += "\\r"
            case "\t": json += "\\t"
            case "\u{0}"..."\u{1f}":
                let hexadecimal = String(scalar.value, radix: 16)
                json += "\\u" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
            default: json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }
}
