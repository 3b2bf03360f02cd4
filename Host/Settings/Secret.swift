import Foundation

/// A token or password. Its description, its mirror and every message hide it.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself. Never log it.
    package let value: String

    package init(_ value: String) { self.value = value }

    package var description: String { "(secret)" }
    package var debugDescription: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension SettingsReader {
    /// A secret, which the settings don't hold but name: `{env: NAME}`, a variable of the environment, or
    /// `{file: PATH}`, a file (relative to the settings file's folder) whose last line break does not count. Nil, and a
    /// mistake, if it can't be had or is empty; nil without a mistake if the key is absent.
    package func secret(_ key: String) -> Secret? {
        guard let node = value(key) else { return nil }
        let expected = "{env: NAME} or {file: PATH}"
        guard case .mapping(let members) = node.content, members.count == 1,
            case .scalar(let name, _) = members[0].value.content
        else {
            // What stands here may be the secret itself.
            problem(key, found: "another value (not shown)", expected: expected, remedy: "Keep secrets elsewhere.")
            return nil
        }
        let text: String?
        switch members[0].key {
        case "env":
            text = problems.environment[name]
            if text == nil {
                problem(key, found: "no variable \(name) in the environment", expected: "the secret in it")
            }
        case "file":
            let path = name.hasPrefix("/") ? name : "\(problems.folder)/\(name)"
            text = try? String(contentsOfFile: path, encoding: .utf8)
            if text == nil { problem(key, found: "no file \(path) that can be read", expected: "the secret in it") }
        default:
            problem(key, found: "{\(members[0].key): ...}", expected: expected)
            return nil
        }
        guard var text else { return nil }
        if text.last?.isNewline == true { text.removeLast() }
        if text.isEmpty {
            problem(key, found: "an empty secret in \(members[0].key) \(name)", expected: "a text")
            return nil
        }
        problems.note(keyPath(key), node.json, isDefault: false)
        return Secret(text)
    }
}
