import Foundation

/// What a filesystem store holds, and how it lies on the disk:
///
///     PATH/epochs.json                      which epochs were drawn last
///     PATH/format                           the format and whether slashes become folders
///     PATH/values/NAME.json                 the values of keys that are no states'
///     PATH/states/PLUGIN/PARTITION/         one folder for each plugin and partition, see `FilesystemPartition`
///     PATH/NAME.key                         beside NAME.json or NAME.cbor: the key, where it is too long for a name
struct FilesystemContents: ~Copyable {
    var folder: JournaledFolder
    private let names: FileNames

    private init(folder: consuming JournaledFolder, names: FileNames) {
        self.folder = folder
        self.names = names
    }

    /// Makes the store if there is none. Throws `unknownFormat` if it was made with other settings.
    static func open(path: String, subdirs: Bool, readOnly: Bool) throws -> FilesystemContents {
        let folder = try JournaledFolder.open(path, readOnly: readOnly)
        let expected = "1, \(subdirs ? "with" : "without") subdirs"
        let found = try FileSystem.read(path + "/format").map { String(decoding: $0, as: UTF8.self) }
        if found == nil { try folder.commit([.write("format", Array(expected.utf8))]) }
        if let found, found != expected {
            throw StoreError.unknownFormat(path: path, found: found, expected: expected)
        }
        return FilesystemContents(folder: folder, names: FileNames(subdirs: subdirs))
    }

    func get(_ key: String) throws -> String? {
        if let stateKey = StateKey(key) { return try state(stateKey) }
        return try FileSystem.read(file(of: key)).map { String(decoding: $0, as: UTF8.self) }
    }

    func set(_ entries: [StoreEntry]) throws {
        try folder.commit(
            entries.flatMap { entry -> [FileChange] in
                let (name, needsKeyFile) = names.path(of: entry.key)
                let value = FileChange.write("values/\(name).json", Array(entry.value.utf8))
                return needsKeyFile ? [.write("values/\(name).key", Array(entry.key.utf8)), value] : [value]
            })
    }

    /// Returns whether there was a value.
    func delete(_ key: String) throws -> Bool {
        guard FileSystem.exists(file(of: key)) else { return false }
        let (name, needsKeyFile) = names.path(of: key)
        try folder.commit(
            [.remove("values/\(name).json")] + (needsKeyFile ? [.remove("values/\(name).key")] : []))
        return true
    }

    func clear() throws { try folder.commit([.removeFolder("values"), .removeFolder("states")]) }

    /// All keys, states' too, in the order of their bytes.
    func keys(prefix: String) throws -> [String] {
        var keys: [String] = []
        try appendValueKeys(in: "", to: &keys)
        for partition in try partitions() { keys += try partition.shownKeys() }
        return keys.filter { $0.utf8.starts(with: prefix.utf8) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func draw(log: [UInt8], partitions: [Int], atLeast: [Int: UInt64]) throws -> Epochs {
        var drawn = try drawnEpochs()
        let epochs = drawn.draw(log: log, partitions: partitions, atLeast: atLeast)
        try folder.commit([.write("epochs.json", [UInt8](try JSONEncoder().encode(drawn)))])
        return epochs
    }

    private func drawnEpochs() throws -> DrawnEpochs {
        guard let json = try FileSystem.read(folder.path + "/epochs.json") else { return DrawnEpochs() }
        do {
            return try JSONDecoder().decode(DrawnEpochs.self, from: Data(json))
        } catch {
            throw StoreError.corrupt(place: folder.path + "/epochs.json", found: "no epochs")
        }
    }

    /// - Parameters:
    ///   - plugin: of which all that is there goes, so that the checkpoints build on nothing.
    ///   - epochs: which must still hold.
    func commit(_ checkpoints: [Checkpoint], replacing plugin: String?, _ epochs: Epochs?) throws {
        let drawn = try drawnEpochs()
        try drawn.check(checkpoints)
        if let epochs { try drawn.check(epochs) }
        // Of several for one partition each builds on the one before, which must then be there.
        var partitions: [String: FilesystemPartition] = [:]
        var changes = plugin.map { removal(of: $0, as: epochs) } ?? []
        for checkpoint in checkpoints {
            let path = FilesystemPartition.path(plugin: checkpoint.plugin, partition: checkpoint.partition)
            var partition =
                try partitions[path]
                ?? FilesystemPartition(
                    store: folder.path, plugin: checkpoint.plugin, partition: checkpoint.partition,
                    isNew: checkpoint.plugin == plugin && epochs?.replace(checkpoint.partition) != false)
            changes += try partition.changes(of: checkpoint)
            partitions[path] = partition
        }
        try folder.commit(changes)
    }

    private func removal(of plugin: String, as epochs: Epochs?) -> [FileChange] {
        guard let epochs, !epochs.numbers.isEmpty else {
            return [.removeFolder(FilesystemPartition.path(plugin: plugin))]
        }
        return epochs.numbers.keys.sorted().map {
            .removeFolder(FilesystemPartition.path(plugin: plugin, partition: $0))
        }
    }

    /// The partitions that are there, sorted by plugin and number.
    func partitions(plugin: String? = nil) throws -> [FilesystemPartition] {
        let names = try FileSystem.list(folder.path + "/states")
        let plugins = names.compactMap { PercentEncoding.decode($0.utf8) }.filter { plugin == nil || $0 == plugin }
        return try plugins.sorted().flatMap { plugin in
            let numbers = try FileSystem.list("\(folder.path)/\(FilesystemPartition.path(plugin: plugin))")
            return try numbers.compactMap(Int.init).sorted().map {
                try FilesystemPartition(store: folder.path, plugin: plugin, partition: $0)
            }
        }
    }

    private func state(_ key: StateKey) throws -> String? {
        let partitions = try partitions(plugin: key.plugin)
        let hasExternal = partitions.contains { $0.hasExternal(key) }
        for partition in partitions {
            if let value = try partition.value(key, hasExternal: hasExternal) { return value }
        }
        return nil
    }

    private func file(of key: String) -> String { "\(folder.path)/values/\(names.path(of: key).path).json" }

    private func appendValueKeys(in subfolder: String, to keys: inout [String]) throws {
        for name in try FileSystem.list("\(folder.path)/values/\(subfolder)") {
            if name.hasPrefix("_") {
                try appendValueKeys(in: "\(subfolder)\(name)/", to: &keys)
            } else if name.hasSuffix(".json") {
                let path = subfolder + name.dropLast(".json".count)
                let file = "\(folder.path)/values/\(path)"
                let key = try path.hasPrefix("#") ? FileNames.keyFile(beside: file) : FileNames.key(of: path)
                guard let key else { throw StoreError.corrupt(place: file, found: "a name that is no key's") }
                keys.append(key)
            }
        }
    }
}
