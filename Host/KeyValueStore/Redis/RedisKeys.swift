/// The keys of a store. Each begins with the prefix and a hash tag, so that what changes together is on one node:
///
///     PREFIX{values}=KEY                   a value
///     PREFIX{values}index                  all their keys, sorted (a sorted set whose scores are all 0)
///     PREFIX{values}expiry                 when they are forgotten (a sorted set; milliseconds), if they are
///     PREFIX{catalog}format                of all this
///     PREFIX{catalog}partitions            PARTITION/PLUGIN and a number, for all that have a checkpoint (a hash)
///     PREFIX{catalog}count                 the last such number
///     PREFIX{PARTITION}epoch:LOG           the last epoch that was drawn
///     PREFIX{PARTITION}head:PLUGIN         where a plugin stands in a partition, see `RedisHead`
///     PREFIX{PARTITION}PLUGIN:ID:...       what its head names: nothing else does, and it never changes
struct RedisKeys: Sendable {
    private let prefix: RedisWord

    static let format = "1"

    init(prefix: String) { self.prefix = RedisWord(prefix) }

    var index: RedisWord { values("index") }
    var expiry: RedisWord { values("expiry") }
    var format: RedisWord { catalog("format") }
    var partitions: RedisWord { catalog("partitions") }
    var count: RedisWord { catalog("count") }

    func value(_ key: String) -> RedisWord { values("=") + key.utf8 }
    func epoch(log: [UInt8], partition: Int) -> RedisWord {
        var key = part(partition)
        key += "epoch:".utf8
        let digits = Array("0123456789abcdef".utf8)
        for byte in log { key += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return key
    }

    func head(_ id: RedisPartitionID) -> RedisWord { part(id.partition) + "head:\(encoded(id.plugin))".utf8 }

    /// Of a plugin's head in a partition and of what it names. `life` is new whenever all that was there before is gone.
    func parts(_ id: RedisPartitionID, _ life: UInt64) -> RedisPartKeys {
        let prefix = part(id.partition) + "\(encoded(id.plugin)):\(String(life, radix: 16)):".utf8
        return RedisPartKeys(head: head(id), life: life, prefix: prefix)
    }

    /// A pattern of all keys, for SCAN.
    var pattern: RedisWord {
        var pattern: RedisWord = []
        for byte in prefix {
            if "*?[]\\".utf8.contains(byte) { pattern.append(UInt8(ascii: "\\")) }
            pattern.append(byte)
        }
        return pattern + "{*".utf8
    }

    /// Whether a key of the pattern is one that no clearing takes: an epoch, which must only ever rise.
    func isEpoch(_ key: RedisWord) -> Bool {
        let rest = key.dropFirst(prefix.count)
        guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return false }
        return rest[end...].dropFirst().starts(with: "epoch:".utf8)
    }

    static let valuesSlot = RedisSlots.slot(ofTag: "values".utf8)
    static let catalogSlot = RedisSlots.slot(ofTag: "catalog".utf8)
    static func slot(ofPartition partition: Int) -> Int { RedisSlots.slot(ofTag: String(partition).utf8) }

    private func values(_ name: String) -> RedisWord { prefix + "{values}\(name)".utf8 }
    private func catalog(_ name: String) -> RedisWord { prefix + "{catalog}\(name)".utf8 }
    private func part(_ partition: Int) -> RedisWord { prefix + "{\(partition)}".utf8 }
    private func encoded(_ plugin: String) -> String { Self.encoding.encode(plugin) }
    private static let encoding = PercentEncoding(keeping: "_~-.")
}

/// The keys of a head and of what it names.
struct RedisPartKeys: Sendable {
    let head: RedisWord
    let life: UInt64
    fileprivate let prefix: RedisWord

    subscript(name: String) -> RedisWord { prefix + name.utf8 }
}

/// One plugin in one partition.
struct RedisPartitionID: Hashable, Sendable {
    let plugin: String
    let partition: Int

    /// As a field of the catalog.
    var field: RedisWord { RedisWord("\(partition)/\(plugin)") }

    init(plugin: String, partition: Int) {
        self.plugin = plugin
        self.partition = partition
    }

    /// Nil if it is none.
    init?(field: RedisWord) {
        let text = String(decoding: field, as: UTF8.self)
        guard let slash = text.firstIndex(of: "/"), let partition = Int(text[..<slash]) else { return nil }
        self.init(plugin: String(text[text.index(after: slash)...]), partition: partition)
    }
}
