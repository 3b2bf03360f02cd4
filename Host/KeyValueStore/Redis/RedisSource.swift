import Foundation
import Records

/// Reads what a store holds. Its methods block, for as long as `patience` while the server is away. Any thread.
struct RedisSource: Sendable {
    let router: RedisRouter
    let keys: RedisKeys

    var name: String { router.configuration.name }

    /// A partition as it is stored; nil if there is no checkpoint.
    func contents(_ id: RedisPartitionID) throws -> RedisPartitionContents? {
        try contents([(id, 0)])[0]
    }

    /// Partitions of the catalog, in the order in which they came into it. Those without a checkpoint are nil.
    func contents(_ ids: [(id: RedisPartitionID, number: Int)]) throws -> [RedisPartitionContents?] {
        let heads = try heads(ids.map(\.id))
        return try zip(ids, heads).map { entry, head in
            guard let head else { return nil }
            return RedisPartitionContents(entry.id, head, try description(entry.id, head), self)
        }
    }

    /// All partitions that have or had a checkpoint, with their numbers, in the order in which they came.
    func catalog(plugin: String?) throws -> [(id: RedisPartitionID, number: Int)] {
        var commands = RedisCommands()
        commands.add("HGETALL", keys.partitions)
        let items = try ask(commands, slot: RedisKeys.catalogSlot)[0].list ?? []
        return stride(from: 0, to: items.count - 1, by: 2).compactMap { index in
            guard let id = items[index].bytes.flatMap(RedisPartitionID.init), plugin == nil || id.plugin == plugin,
                let number = items[index + 1].text.flatMap({ Int($0) })
            else { return nil }
            return (id, number)
        }.sorted { $0.number < $1.number }
    }

    /// Each nil if there is no checkpoint.
    func heads(_ ids: [RedisPartitionID]) throws -> [RedisHead?] {
        var heads: [RedisPartitionID: RedisHead] = [:]
        for (partition, ids) in Dictionary(grouping: ids, by: \.partition) {
            var commands = RedisCommands()
            commands.add("MGET", ids.map(keys.head))
            let replies = try ask(commands, slot: RedisKeys.slot(ofPartition: partition))[0].list ?? []
            for (id, reply) in zip(ids, replies) {
                guard let bytes = reply.bytes else { continue }
                heads[id] = try head(id, bytes)
            }
        }
        return ids.map { heads[$0] }
    }

    func head(_ id: RedisPartitionID, _ bytes: [UInt8]) throws -> RedisHead {
        guard let head = RedisHead(bytes) else {
            let place = "\(name), plugin \(id.plugin), partition \(id.partition)"
            throw StoreError.corrupt(place: place, found: "a head that is none")
        }
        return head
    }

    func description(_ id: RedisPartitionID, _ head: RedisHead) throws -> RedisDescription {
        if head.description == 0 { return RedisDescription() }
        let bytes = try parts(id, head.life, [head.descriptionName()])[0]
        guard let description = try? JSONDecoder().decode(RedisDescription.self, from: Data(bytes)) else {
            let place = "\(name), plugin \(id.plugin), partition \(id.partition)"
            throw StoreError.corrupt(place: place, found: "a description that is none")
        }
        return description
    }

    /// What a head names. Throws `RedisOutdated` if some of it is gone.
    func parts(_ id: RedisPartitionID, _ life: UInt64, _ names: [String]) throws -> [[UInt8]] {
        if names.isEmpty { return [] }
        var commands = RedisCommands()
        let keys = keys.parts(id, life)
        for name in names { commands.add("GET", keys[name]) }
        return try ask(commands, slot: RedisKeys.slot(ofPartition: id.partition)).map { reply in
            guard let bytes = reply.bytes else { throw RedisOutdated() }
            return bytes
        }
    }

    /// The answers to commands that may be carried out twice.
    func ask(_ commands: RedisCommands, slot: Int) throws -> [RedisReply] {
        let deadline = MonotonicClock.microseconds + router.configuration.patience.microseconds
        return try ask(
            RedisRequest(
                commands: commands, route: .slot(slot), role: .reading, isRepeatable: true, deadline: deadline)
        ).replies
    }

    func ask(_ request: RedisRequest) throws -> RedisAnswer {
        let answer: RedisAnswer
        do {
            answer = try router.wait(for: request)
        } catch {
            throw StoreError.unreachable(server: name, reason: error.reason)
        }
        if let error = answer.error { throw StoreError.server(server: name, reason: error) }
        return answer
    }

    /// Runs a body that reads what heads name, again where there was a newer head meanwhile.
    func consistently<Result>(_ body: () throws -> Result) throws -> Result {
        // Heads change every second; a body that needs longer than that needs luck, or many tries.
        for _ in 0..<1000 {
            do { return try body() } catch is RedisOutdated { continue }
        }
        throw StoreError.server(
            server: name, reason: "its states change faster than they can be read, or some are missing")
    }
}
