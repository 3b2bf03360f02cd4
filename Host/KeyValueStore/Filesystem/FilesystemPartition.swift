import Foundation
import Records

/// The folder of one plugin's partition:
///
///     checkpoint.json         where it stands, and the components
///     summary, marks          as committed; marks are framed, one after the other
///     KEY.cbor, KEY.json      the states, internal and external
struct FilesystemPartition {
    /// The content of `checkpoint.json`.
    struct Head: Codable {
        struct Component: Codable, Equatable {
            var name: String
            var incarnation: Int
            var fields: [String]
            var spread: Bool
            /// Whether it has external states of its own, or ever had.
            var external: Bool
        }

        var log: [UInt8]
        var position: UInt64
        var epoch: UInt64
        var components: [Component]
    }

    let plugin: String
    let partition: Int
    /// Nil if there is no checkpoint.
    private(set) var head: Head?
    private let folder: String
    private var marksSize: Int
    private var path: String { Self.path(plugin: plugin, partition: partition) }

    /// - Parameter isNew: what is there does not count, since it is going to be removed.
    init(store: String, plugin: String, partition: Int, isNew: Bool = false) throws {
        self.plugin = plugin
        self.partition = partition
        folder = "\(store)/\(Self.path(plugin: plugin, partition: partition))"
        marksSize = isNew ? 0 : FileSystem.size(folder + "/marks") ?? 0
        if isNew { return }
        guard let json = try FileSystem.read(folder + "/checkpoint.json") else { return }
        do {
            head = try JSONDecoder().decode(Head.self, from: Data(json))
        } catch {
            throw StoreError.corrupt(place: folder + "/checkpoint.json", found: "no checkpoint")
        }
    }

    /// The path of the plugin's folder from the store's.
    static func path(plugin: String) -> String { "states/" + PercentEncoding(keeping: "_~-").encode(plugin) }

    static func path(plugin: String, partition: Int) -> String { "\(path(plugin: plugin))/\(partition)" }

    // MARK: Writing

    /// What has to change on the disk, after which this value describes the new checkpoint.
    mutating func changes(of checkpoint: Checkpoint) throws -> [FileChange] {
        var components = head?.components ?? []
        var changes: [FileChange] = []
        for block in checkpoint.blocks {
            _ = try block.rows(plugin: plugin)
            let component = StateComponent(plugin: plugin, block: block)
            if let index = components.firstIndex(where: { self.component($0).isIncarnation(of: component) }) {
                try self.component(components[index]).checkSame(component)
                components[index].external = components[index].external || block.external
            } else {
                components.append(
                    Head.Component(
                        name: component.name, incarnation: component.incarnation, fields: component.fields,
                        spread: component.spread, external: block.external))
            }
            try appendStates(of: block, component, to: &changes)
        }
        let head = Head(
            log: checkpoint.log, position: checkpoint.position, epoch: checkpoint.epoch, components: components)
        self.head = head
        changes.append(.write(path + "/checkpoint.json", [UInt8](try JSONEncoder().encode(head))))
        changes.append(.write(path + "/summary", checkpoint.summary))
        if checkpoint.replacesMarks { marksSize = 0 }
        if checkpoint.replacesMarks || !checkpoint.marks.isEmpty {
            let marks = checkpoint.marks.isEmpty ? [] : MarkFrames.frame(checkpoint.marks)
            changes.append(.append(path + "/marks", at: marksSize, marks))
            marksSize += marks.count
        }
        return changes
    }

    private func appendStates(
        of block: StateBlock, _ component: StateComponent, to changes: inout [FileChange]
    ) throws {
        let scope: StateKey.Scope = block.external ? .external : .internal
        try block.bytes.withUnsafeBytes { raw in
            for entry in StateEntries(raw) {
                guard let key = component.key(scope, entry.key, partition: partition) else {
                    throw StoreError.badBlock(
                        plugin: plugin, component: component.name,
                        reason: "found a key that is no CBOR array of \(component.fields.count) parts")
                }
                let (name, needsKeyFile) = FileNames.path(ofState: key)
                if needsKeyFile {
                    let file = "\(path)/\(name).key"
                    changes.append(entry.value == nil ? .remove(file) : .write(file, Array(key.utf8)))
                }
                let file = "\(path)/\(name)\(Self.suffix(scope))"
                changes.append(entry.value.map { .write(file, [UInt8]($0)) } ?? .remove(file))
            }
        }
    }

    private static func suffix(_ scope: StateKey.Scope) -> String { scope == .external ? ".json" : ".cbor" }

    private func component(_ stored: Head.Component) -> StateComponent {
        StateComponent(
            plugin: plugin, name: stored.name, incarnation: stored.incarnation, fields: stored.fields,
            spread: stored.spread)
    }
}

// MARK: Reading

extension FilesystemPartition {
    var position: StoredPosition? {
        head.map {
            StoredPosition(plugin: plugin, partition: partition, position: $0.position, epoch: $0.epoch, log: $0.log)
        }
    }

    /// Whether the key's component has external states of its own here.
    func hasExternal(_ key: StateKey) -> Bool {
        head?.components.contains { $0.external && component($0).isComponent(of: key) } ?? false
    }

    /// `hasExternal`: the component has external states of its own, here or in another partition.
    func value(_ key: StateKey, hasExternal: Bool) throws -> String? {
        var stored = key
        if key.scope == .external && !hasExternal { stored.scope = .internal }
        let file = "\(folder)/\(FileNames.path(ofState: stored.text).path)\(Self.suffix(stored.scope))"
        guard let bytes = try FileSystem.read(file) else { return nil }
        if stored.scope == .external { return String(decoding: bytes, as: UTF8.self) }
        guard let json = CBOR.json(of: bytes) else { throw StoreError.corrupt(place: file, found: "no CBOR item") }
        return json
    }

    /// The keys of all states here, and for a component without external states those that show its internal ones.
    func shownKeys() throws -> [String] {
        try storedKeys().flatMap { key -> [String] in
            guard key.scope == .internal, !hasExternal(key) else { return [key.text] }
            var shown = key
            shown.scope = .external
            return [key.text, shown.text]
        }
    }

    /// The checkpoint without marks and states.
    func checkpointHead() throws -> RestoredCheckpoint? {
        guard let head else { return nil }
        return RestoredCheckpoint(
            log: head.log, position: head.position, epoch: head.epoch,
            summary: try FileSystem.read(folder + "/summary") ?? [], marks: [], blocks: [])
    }

    func restore() throws -> RestoredCheckpoint? {
        guard var checkpoint = try checkpointHead() else { return nil }
        guard let marks = MarkFrames.split(try FileSystem.read(folder + "/marks") ?? []) else {
            throw StoreError.corrupt(place: folder + "/marks", found: "marks that are cut short")
        }
        checkpoint.marks = marks
        checkpoint.blocks = try blocks()
        return checkpoint
    }

    private func blocks() throws -> [StateBlock] {
        var blocks: [StateBlock] = []
        for key in try storedKeys() {
            let file = "\(folder)/\(FileNames.path(ofState: key.text).path)\(Self.suffix(key.scope))"
            guard let component = head?.components.map(component).first(where: { $0.isComponent(of: key) }),
                let keyBytes = component.bytes(of: key)?.bytes, let value = try FileSystem.read(file)
            else { throw StoreError.corrupt(place: file, found: "a state of no component") }
            let isExternal = key.scope == .external
            var index = blocks.firstIndex {
                $0.external == isExternal && $0.component == component.name && $0.incarnation == component.incarnation
            }
            if index == nil {
                blocks.append(StateBlock(component: component, external: isExternal, bytes: []))
                index = blocks.count - 1
            }
            blocks[index!].append(key: keyBytes, value: value)
        }
        return blocks
    }

    private func storedKeys() throws -> [StateKey] {
        try FileSystem.list(folder).compactMap { file in
            guard file != "checkpoint.json", let suffix = [".cbor", ".json"].first(where: file.hasSuffix) else {
                return nil
            }
            let name = String(file.dropLast(suffix.count))
            let text = try name.hasPrefix("#") ? FileNames.keyFile(beside: "\(folder)/\(name)") : name
            guard let key = text.flatMap(StateKey.init), Self.suffix(key.scope) == suffix else {
                throw StoreError.corrupt(place: "\(folder)/\(file)", found: "a name that is no state's key")
            }
            return key
        }
    }
}
