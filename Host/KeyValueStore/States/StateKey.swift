package import Records

/// The key of a state as a text: `External,quiz.attempts@1,actor:s-17,module:m%2C2`.
///
/// That is the scope, the plugin, the component and its incarnation, and the key's parts sorted by name. Names and
/// values are percent-encoded (letters, digits and `._~@-` stay), so that no value can pass for something else. A part
/// that is no text is marked: `day:=16531`, `passed:=true`. The key of a spread state ends with its partition,
/// `partition:3`.
package struct StateKey: Sendable, Equatable {
    package enum Scope: String, Sendable, CaseIterable {
        case `internal` = "Internal"
        case external = "External"
    }

    package struct Part: Sendable, Equatable {
        package var name: String
        package var value: KeyPart

        package init(name: String, value: KeyPart) {
            self.name = name
            self.value = value
        }
    }

    package var scope: Scope
    package var plugin: String
    package var component: String
    package var incarnation: Int
    /// In the order of the text. The partition of a spread key is one of them, a text: only its component can tell.
    package var parts: [Part]

    /// Nil if the text is no state's key, written in exactly the one right way.
    package init?(_ text: String) {
        var pieces = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)[...]
        guard let scope = pieces.popFirst().flatMap({ Scope(rawValue: String(Substring($0))) }),
            let component = pieces.popFirst(),
            let dot = component.firstIndex(of: UInt8(ascii: ".")),
            let at = component[dot...].firstIndex(of: UInt8(ascii: "@")),
            let plugin = PercentEncoding.decode(component[..<dot]), !plugin.isEmpty,
            let name = PercentEncoding.decode(component[dot..<at].dropFirst()), !name.isEmpty,
            let incarnation = Int(Substring(component[at...].dropFirst())), incarnation > 0
        else { return nil }
        let parts = pieces.map { piece in Part(encoded: piece) }
        guard !parts.contains(nil) else { return nil }
        self.init(
            scope: scope, plugin: plugin, component: name, incarnation: incarnation, parts: parts.compactMap { $0 })
        guard self.text.utf8.elementsEqual(text.utf8) else { return nil }
    }

    init(scope: Scope, plugin: String, component: String, incarnation: Int, parts: [Part]) {
        self.scope = scope
        self.plugin = plugin
        self.component = component
        self.incarnation = incarnation
        self.parts = parts
    }

    package var text: String {
        var text = Array(scope.rawValue.utf8) + [UInt8(ascii: ",")]
        Self.id.append(plugin, to: &text)
        text.append(UInt8(ascii: "."))
        Self.id.append(component, to: &text)
        text.append(UInt8(ascii: "@"))
        text += Array(String(incarnation).utf8)
        for part in parts { part.append(to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    /// A key's parts as they stand in a text, `actor:ada,module:m1`.
    package static func text(of parts: [Part]) -> String {
        var text: [UInt8] = []
        for part in parts { part.append(to: &text) }
        return String(decoding: text.dropFirst(), as: UTF8.self)
    }

    /// In a plugin's and a component's id, `.` and `@` would end it.
    private static let id = PercentEncoding(keeping: "_~-")
}

extension StateKey.Part {
    private static let encoding = PercentEncoding(keeping: "._~@-")

    fileprivate init?(encoded piece: Substring.UTF8View) {
        guard let colon = piece.firstIndex(of: UInt8(ascii: ":")),
            let name = PercentEncoding.decode(piece[..<colon])
        else { return nil }
        let value = piece[colon...].dropFirst()
        guard value.first == UInt8(ascii: "=") else {
            guard let text = PercentEncoding.decode(value) else { return nil }
            self.init(name: name, value: .text(text))
            return
        }
        let marked = String(Substring(value.dropFirst()))
        if let integer = Int64(marked) {
            self.init(name: name, value: .integer(integer))
        } else if let boolean = Bool(marked) {
            self.init(name: name, value: .boolean(boolean))
        } else {
            return nil
        }
    }

    fileprivate func append(to text: inout [UInt8]) {
        text.append(UInt8(ascii: ","))
        Self.encoding.append(name, to: &text)
        text.append(UInt8(ascii: ":"))
        switch value {
        case .text(let value): Self.encoding.append(value, to: &text)
        case .integer, .boolean: text += Array("=\(value.description)".utf8)
        }
    }
}
