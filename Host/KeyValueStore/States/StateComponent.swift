import Records

/// One incarnation of a component, as the keys of its states need it.
struct StateComponent: Sendable, Hashable {
    let plugin: String
    let name: String
    let incarnation: Int
    /// The names of the key's parts, in the key's order.
    let fields: [String]
    let spread: Bool

    init(plugin: String, name: String, incarnation: Int, fields: [String], spread: Bool) {
        self.plugin = plugin
        self.name = name
        self.incarnation = incarnation
        self.fields = fields
        self.spread = spread
    }

    init(plugin: String, block: StateBlock) {
        self.init(
            plugin: plugin, name: block.component, incarnation: block.incarnation, fields: block.fields,
            spread: block.spread)
    }

    func isIncarnation(of other: StateComponent) -> Bool {
        plugin == other.plugin && name == other.name && incarnation == other.incarnation
    }

    /// Throws if another block of this incarnation had other parts in its keys.
    func checkSame(_ other: StateComponent) throws {
        guard fields == other.fields, spread == other.spread else {
            throw StoreError.badBlock(
                plugin: plugin, component: name,
                reason: "found keys of \(other.keyText), expected \(keyText) as stored for incarnation \(incarnation)")
        }
    }

    private var keyText: String { (fields + (spread ? ["partition"] : [])).joined(separator: ", ") }

    func isComponent(of key: StateKey) -> Bool {
        plugin == key.plugin && name == key.component && incarnation == key.incarnation
    }

    /// What all texts of its keys begin with.
    func header(_ scope: StateKey.Scope) -> String {
        StateKey(scope: scope, plugin: plugin, component: name, incarnation: incarnation, parts: []).text
    }

    /// The text of a stored key, or nil if the bytes are no key of this component.
    func key(_ scope: StateKey.Scope, _ bytes: UnsafeRawBufferPointer, partition: Int) -> String? {
        guard let values = KeyBytes.decode(bytes), values.count == fields.count else { return nil }
        var parts = textOrder.map { StateKey.Part(name: fields[$0], value: values[$0]) }
        if spread { parts.append(StateKey.Part(name: "partition", value: .text(String(partition)))) }
        return StateKey(scope: scope, plugin: plugin, component: name, incarnation: incarnation, parts: parts).text
    }

    /// The stored key that a text stands for, and its partition if the text says so. Nil if the parts are not this
    /// component's.
    func bytes(of key: StateKey) -> (bytes: [UInt8], partition: Int?)? {
        var parts = key.parts
        var partition: Int?
        if spread {
            guard let last = parts.popLast(), last.name == "partition", case .text(let number) = last.value,
                let parsed = Int(number)
            else { return nil }
            partition = parsed
        }
        let order = textOrder
        guard parts.count == fields.count, zip(order, parts).allSatisfy({ fields[$0] == $1.name }) else { return nil }
        var values = [KeyPart](repeating: .boolean(false), count: fields.count)
        for (index, part) in zip(order, parts) { values[index] = part.value }
        return (KeyBytes.encode(values), partition)
    }

    /// The indices of `fields`, sorted by the names' bytes.
    private var textOrder: [Int] {
        fields.indices.sorted { (Array(fields[$0].utf8), $0) < (Array(fields[$1].utf8), $1) }
    }
}

/// By the bytes, then by the index.
private func < (a: ([UInt8], Int), b: ([UInt8], Int)) -> Bool {
    a.0.lexicographicallyPrecedes(b.0) || a.0 == b.0 && a.1 < b.1
}
