import Records

/// Writes checkpoints: each change is one transaction, which counts only if nobody has changed what it builds on.
///
/// It knows what it wrote last, and its connection watches that (WATCH): so a change takes one round trip, and the server
/// refuses it if another was quicker. Its methods block until the change is in; while the server is away, until it is
/// back or the store closes. Not thread-safe.
struct RedisWriter: ~Copyable {
    private struct Owner: Hashable {
        let log: [UInt8]
        let partition: Int
        let epoch: UInt64

        // There is hardly ever another log.
        func hash(into hasher: inout Hasher) { hasher.combine(partition) }
    }

    /// Something whose change refuses a change.
    private enum Condition: Hashable {
        case head(RedisPartitionID)
        case epoch(log: [UInt8], partition: Int)

        // There is hardly ever another log.
        func hash(into hasher: inout Hasher) {
            switch self {
            case .head(let id): hasher.combine(id)
            case .epoch(_, let partition): hasher.combine(partition)
            }
        }
    }

    /// What a connection watches together.
    private struct WatchList {
        private(set) var keys: [RedisWord] = []
        private var places: [Condition: Int] = [:]

        func contains(_ condition: Condition) -> Bool { places[condition] != nil }
        func place(_ condition: Condition) -> Int? { places[condition] }

        mutating func add(_ condition: Condition, _ keys: RedisKeys) {
            guard places[condition] == nil else { return }
            places[condition] = self.keys.count
            switch condition {
            case .head(let id): self.keys.append(keys.head(id))
            case .epoch(let log, let partition): self.keys.append(keys.epoch(log: log, partition: partition))
            }
        }
    }

    /// What the connection watches, and the values that it has had since.
    private struct Watched {
        var path: RedisPath
        var slot: Int
        var list: WatchList
        var values: [RedisReply]

        func value(_ condition: Condition) -> RedisReply? { list.place(condition).map { values[$0] } }
    }

    private enum Outcome { case made, refused, unknown }

    private let source: RedisSource
    private let written: RedisWritten
    private var known: [RedisPartitionID: RedisPartition] = [:]
    /// All that changes have been of, as long as it is not too much.
    private var usual = WatchList()
    private var watched: Watched?
    /// Of this opening of the store, and of the change: by them a change is recognised whose answer was lost.
    private let opening = UInt64.random(in: 1 ... .max)
    private var change: UInt64 = 0

    /// More keys than these are not watched beforehand.
    private static let watchLimit = 256

    init(_ source: RedisSource, _ written: RedisWritten) {
        self.source = source
        self.written = written
    }

    private var keys: RedisKeys { source.keys }

    /// What is there will be asked for again.
    mutating func forget() {
        known = [:]
        usual = WatchList()
        watched = nil
        written.removeAll()
    }

    // MARK: Changes

    /// Adds checkpoints to what is there, and puts merged parts of the same partitions in place.
    ///
    /// - Returns: what want merging, and whether they may get no more before that.
    mutating func commit(
        _ checkpoints: [Checkpoint], with merges: [RedisMerge]
    ) throws -> [(id: RedisPartitionID, isUrgent: Bool)] {
        let rows = try Self.rows(of: checkpoints)
        var wanting: [(id: RedisPartitionID, isUrgent: Bool)] = []
        for group in groups(checkpoints.indices, by: { checkpoints[$0].partition }) {
            let ids = Set(group.map { checkpoints[$0].partitionID })
            let changed = try make(ids, Self.owners(group.map { checkpoints[$0] })) { change, known in
                for merge in merges where ids.contains(merge.id) { change.put(merge, to: known) }
                for index in group { try change.add(checkpoints[index], rows: rows[index], to: known) }
            }
            for (id, partition) in changed {
                if let head = partition.head, head.wantsMerge { wanting.append((id, head.needsMerge)) }
            }
        }
        return wanting
    }

    /// Puts checkpoints in place of all that is there of the plugin.
    mutating func replace(_ plugin: String, with checkpoints: [Checkpoint], _ epochs: Epochs) throws {
        let rows = try Self.rows(of: checkpoints)
        let ids = Set(try source.catalog(plugin: plugin).map(\.id).filter { epochs.replace($0.partition) })
            .union(checkpoints.map(\.partitionID))
        let owners = epochs.numbers.map { Owner(log: epochs.log, partition: $0.key, epoch: $0.value) }
        for group in groups(ids, by: \.partition) {
            let partitions = Set(group.map(\.partition))
            let indices = checkpoints.indices.filter { partitions.contains(checkpoints[$0].partition) }
            let concerned = owners.filter { partitions.contains($0.partition) || !source.router.isCluster }
            try make(
                Set(group), Self.owners(indices.map { checkpoints[$0] }).union(concerned), whateverIsThere: true
            ) { change, known in
                for id in group { change.remove(id, known[id]) }
                for index in indices { try change.add(checkpoints[index], rows: rows[index], to: [:]) }
            }
        }
    }

    /// Puts a merged part in place of what it was made of, unless that is gone.
    mutating func put(_ merge: RedisMerge) throws {
        try make([merge.id], [], isCommit: false) { change, known in change.put(merge, to: known) }
    }

    /// What one transaction can change together: in a cluster, what has one hash tag.
    private func groups<Element>(
        _ elements: some Sequence<Element>, by partition: (Element) -> Int
    ) -> [[Element]] {
        let groups = Dictionary(grouping: elements) { source.router.isCluster ? partition($0) : 0 }
        return groups.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func rows(of checkpoints: [Checkpoint]) throws -> [[[Range<Int>]]] {
        try checkpoints.map { checkpoint in try checkpoint.blocks.map { try $0.rows(plugin: checkpoint.plugin) } }
    }

    private static func owners(_ checkpoints: [Checkpoint]) -> Set<Owner> {
        Set(checkpoints.map { Owner(log: $0.log, partition: $0.partition, epoch: $0.epoch) })
    }

    // MARK: The transaction

    /// Makes a change; again, where another was quicker or the answer was lost.
    ///
    /// - Parameters:
    ///   - isCommit: it makes new checkpoints.
    ///   - whateverIsThere: it builds on nothing, so that what is there may be another's.
    ///   - body: adds what is to change, given what is there; if it adds nothing, nothing is.
    /// - Returns: what the change has made.
    @discardableResult
    private mutating func make(
        _ ids: Set<RedisPartitionID>, _ owners: Set<Owner>, isCommit: Bool = true, whateverIsThere: Bool = false,
        _ body: (inout RedisChange, [RedisPartitionID: RedisPartition]) throws -> Void
    ) throws -> [RedisPartitionID: RedisPartition] {
        guard let first = ids.first else { return [:] }
        let slot = RedisKeys.slot(ofPartition: first.partition)
        try noteInCatalog(ids)
        change += 1
        let token = isCommit ? RedisHead.Token(opening: opening, change: change) : nil
        let needed = ids.map { Condition.head($0) } + owners.map { .epoch(log: $0.log, partition: $0.partition) }
        var unanswered: RedisChange?
        while true {
            try watch(needed, slot: slot)
            if let change = unanswered, try isIn(change.partitions, token) {
                note(change)
                return change.partitions
            }
            unanswered = nil
            if whateverIsThere { for id in ids { known[id] = nil } }
            // First, since the new owner's checkpoints would be taken for a server's that has lost some.
            for owner in owners { try check(owner) }
            do {
                try learn(ids)
            } catch is RedisOutdated {
                watched = nil
                continue
            }
            var change = RedisChange(keys)
            try body(&change, known)
            if change.partitions.isEmpty { return [:] }
            switch try send(change.end(token: token), slot: slot, needed) {
            case .made:
                note(change)
                return change.partitions
            case .refused: continue
            case .unknown: unanswered = change
            }
        }
    }

    /// Remembers what a change has made.
    private mutating func note(_ change: RedisChange) {
        for (id, partition) in change.partitions { known[id] = partition }
        written.note(change)
    }

    /// Whether a change whose answer was lost was made.
    private func isIn(_ partitions: [RedisPartitionID: RedisPartition], _ token: RedisHead.Token?) throws -> Bool {
        guard let token else { return false }
        return try partitions.contains { id, partition in
            guard partition.head != nil, let stored = try stored(id) else { return false }
            return stored.token == token
        }
    }

    /// Has the catalog name partitions that are new. One that has no checkpoint may be in it.
    private func noteInCatalog(_ ids: Set<RedisPartitionID>) throws {
        for id in ids where known[id] == nil {
            var commands = RedisCommands()
            commands.add("HEXISTS", keys.partitions, id.field)
            if try ask(commands)[0] == .integer(1) { continue }
            commands = RedisCommands()
            commands.add("INCR", keys.count)
            let number = try ask(commands)[0].integer ?? 0
            commands = RedisCommands()
            commands.add("HSETNX", keys.partitions, id.field, RedisWord(number))
            _ = try ask(commands)
        }
    }

    private func ask(_ commands: RedisCommands) throws -> [RedisReply] {
        try source.ask(
            RedisRequest(
                commands: commands, route: .slot(RedisKeys.catalogSlot), role: .checkpoints, isRepeatable: true,
                deadline: nil)
        ).replies
    }

    private mutating func send(
        _ transaction: consuming RedisCommands, slot: Int, _ needed: [Condition]
    ) throws -> Outcome {
        guard let path = watched?.path else { return .refused }
        let end = transaction.count - 1
        var commands = transaction
        // The next change is going to build on this one.
        let next = listToWatch(needed)
        commands.add("WATCH", next.keys)
        commands.add("MGET", next.keys)
        watched = nil
        let answer: RedisAnswer
        do {
            answer = try source.router.wait(
                for: RedisRequest(
                    commands: commands, route: .connection(path), role: .checkpoints, isRepeatable: false,
                    deadline: nil))
        } catch {
            switch error {
            case .unreachable, .otherConnection, .full: return .refused
            case .lost: return .unknown
            case .refused, .closed: throw StoreError.unreachable(server: source.name, reason: error.reason)
            }
        }
        let result = answer.replies[end]
        if let error = result.error ?? result.list?.lazy.compactMap(\.error).first {
            // Why a command was refused says more than that the transaction was.
            throw StoreError.server(server: source.name, reason: answer.error ?? error)
        }
        if result == .none { return .refused }
        if let values = answer.replies.last?.list, values.count == next.keys.count {
            watched = Watched(path: answer.path, slot: slot, list: next, values: values)
        }
        return .made
    }

    // MARK: What is there

    /// What is watched from one change to the next: all that changes have been of, where one server has it all.
    private mutating func listToWatch(_ needed: [Condition]) -> WatchList {
        if source.router.isCluster || usual.keys.count > Self.watchLimit { usual = WatchList() }
        for condition in needed { usual.add(condition, keys) }
        return usual
    }

    private mutating func watch(_ needed: [Condition], slot: Int) throws {
        if let watched, watched.slot == slot || !source.router.isCluster,
            needed.allSatisfy({ watched.list.contains($0) })
        {
            return
        }
        watched = nil
        let list = listToWatch(needed)
        var commands = RedisCommands()
        commands.add("UNWATCH")
        commands.add("WATCH", list.keys)
        commands.add("MGET", list.keys)
        let answer = try source.ask(
            RedisRequest(commands: commands, route: .slot(slot), role: .checkpoints, isRepeatable: true, deadline: nil))
        guard let values = answer.replies[2].list, values.count == list.keys.count else { return }
        watched = Watched(path: answer.path, slot: slot, list: list, values: values)
    }

    private func stored(_ id: RedisPartitionID) throws -> RedisHead? {
        guard let bytes = watched?.value(.head(id))?.bytes else { return nil }
        return try source.head(id, bytes)
    }

    /// Compares what is stored with what is known, and learns what is not.
    private mutating func learn(_ ids: Set<RedisPartitionID>) throws {
        for id in ids {
            // Most often it is what was written last.
            if let bytes = known[id]?.bytes, !bytes.isEmpty, watched?.value(.head(id))?.bytes == bytes { continue }
            let head = try stored(id)
            guard let before = known[id] else {
                known[id] = RedisPartition(
                    head: head, bytes: head?.bytes ?? [],
                    description: try head.map { try source.description(id, $0) } ?? RedisDescription())
                continue
            }
            if head == before.head { continue }
            // Another may have merged it, which changes nothing of what it says.
            guard let head, head.token == before.head?.token, head.life == before.head?.life else {
                throw StoreError.otherCheckpoint(
                    plugin: id.plugin, partition: id.partition, position: head?.position,
                    expected: before.head?.position)
            }
            known[id] = RedisPartition(
                head: head, bytes: head.bytes, description: before.description, keys: before.keys)
        }
    }

    private func check(_ owner: Owner) throws {
        let value = watched?.value(.epoch(log: owner.log, partition: owner.partition))
        guard let drawn = value?.text.flatMap({ UInt64($0) }), drawn > owner.epoch else { return }
        throw StoreError.fenced(partition: owner.partition, epoch: owner.epoch, present: drawn)
    }
}
