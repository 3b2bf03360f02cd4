import CPluginAPI
import Records

/// What rules that match leave on an event, as JSON merge patches (RFC 7396): changes of fields, and
/// `server.filters` with `marks` and `routes`. Not thread-safe.
final class FilterPatches {
    private let rules: [FilterRule]
    /// The slots that renamed fields are read from.
    private let slots: [String: Int]
    private let isRenaming: [Bool]
    /// The patches of rules that leave the same on every event, by their numbers.
    private var known: [[Int32]: UnsafeMutableRawBufferPointer] = [:]
    /// The others, of this batch.
    private var made: [UnsafeMutableRawBufferPointer] = []

    /// Combinations of rules whose patches are kept.
    private static let limit = 1024

    init(_ rules: [FilterRule], declare: (String) -> Int) {
        self.rules = rules
        var slots: [String: Int] = [:]
        for rule in rules {
            for case .rename(let field, _) in rule.changes { slots[field] = declare(field) }
        }
        self.slots = slots
        isRenaming = rules.map { rule in
            rule.changes.contains { if case .rename = $0 { true } else { false } }
        }
    }

    deinit {
        reset()
        for patch in known.values { patch.deallocate() }
    }

    func patch(_ matched: [Int32], _ row: UnsafePointer<lectern_value>) -> UnsafeRawBufferPointer {
        if let patch = known[matched] { return UnsafeRawBufferPointer(patch) }
        let root = PatchObject()
        var marks: [String] = []
        var routes: [String] = []
        for number in matched {
            let rule = rules[Int(number)]
            if let mark = rule.mark, !marks.contains(mark) { marks.append(mark) }
            for route in rule.routes where !routes.contains(route) { routes.append(route) }
            for change in rule.changes { apply(change, to: root, row) }
        }
        for (name, texts) in [("marks", marks), ("routes", routes)] where !texts.isEmpty {
            root.set(["server", "filters", name], "[" + texts.map { "\"\($0)\"" }.joined(separator: ",") + "]")
        }
        let patch = Self.padded(root.json)
        if known.count < Self.limit, !matched.contains(where: { isRenaming[Int($0)] }) {
            known[matched] = patch
        } else {
            made.append(patch)
        }
        return UnsafeRawBufferPointer(patch)
    }

    func reset() {
        for patch in made { patch.deallocate() }
        made.removeAll(keepingCapacity: true)
    }

    private func apply(_ change: FilterRule.Change, to root: PatchObject, _ row: UnsafePointer<lectern_value>) {
        switch change {
        case .set(let field, let json): root.set(Self.steps(field), json)
        case .remove(let field): root.set(Self.steps(field), "null")
        case .rename(let from, let to):
            guard let slot = slots[from], let json = Self.json(row[slot]) else { return }
            root.set(Self.steps(from), "null")
            root.set(Self.steps(to), json)
        }
    }

    private static func steps(_ field: String) -> [String] {
        field.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    /// Nil: the field is missing. A patch can't say `null`: a field that is, is removed.
    private static func json(_ value: lectern_value) -> String? {
        var json = Bytes()
        switch value.tag {
        case LECTERN_NULL: return "null"
        case LECTERN_FALSE: return "false"
        case LECTERN_TRUE: return "true"
        case LECTERN_INTEGER: json.appendJSON(value.as.integer)
        case LECTERN_NUMBER: json.appendJSON(value.as.number)
        case LECTERN_TEXT: json.appendJSON(value.text!)
        case LECTERN_JSON: json.append(value.text!)
        default: return nil
        }
        return json.string
    }

    private static func padded(_ json: String) -> UnsafeMutableRawBufferPointer {
        let length = json.utf8.count
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: length + FieldExtractor.padding, alignment: 8)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        bytes.copyBytes(from: json.utf8)
        return UnsafeMutableRawBufferPointer(rebasing: bytes[..<length])
    }
}

/// An object of a patch that is being put together: the last that was said of a field counts.
private final class PatchObject {
    private enum Member {
        case object(PatchObject)
        case json(String)
    }

    private var members: [(name: String, value: Member)] = []

    func set(_ path: [String], _ json: String) { set(path[...], json) }

    private func set(_ path: ArraySlice<String>, _ json: String) {
        guard let name = path.first else { return }
        let index = members.firstIndex { $0.name == name }
        if path.count == 1 {
            if let index { members[index].value = .json(json) } else { members.append((name, .json(json))) }
            return
        }
        if let index, case .object(let inner) = members[index].value { return inner.set(path.dropFirst(), json) }
        let inner = PatchObject()
        inner.set(path.dropFirst(), json)
        if let index { members[index].value = .object(inner) } else { members.append((name, .object(inner))) }
    }

    var json: String {
        var bytes = Bytes()
        append(to: &bytes)
        return bytes.string
    }

    private func append(to bytes: inout Bytes) {
        bytes.append("{")
        for (index, member) in members.enumerated() {
            if index > 0 { bytes.append(",") }
            bytes.appendJSON(member.name)
            bytes.append(":")
            switch member.value {
            case .object(let object): object.append(to: &bytes)
            case .json(let json): bytes.append(json)
            }
        }
        bytes.append("}")
    }
}
