import Records

/// The values that are no states. They are all in one slot, so that several change together.
struct RedisValues: Sendable {
    private let router: RedisRouter
    private let keys: RedisKeys
    private let source: RedisSource

    /// Sets or deletes a value if it is what it should be; nothing else may come between.
    private static let compareAndSet = """
        local present = redis.call('GET', KEYS[1])
        if ARGV[1] == '=' then
            if present ~= ARGV[2] then return 0 end
        elseif present then return 0 end
        if ARGV[3] ~= '=' then
            redis.call('DEL', KEYS[1])
            redis.call('ZREM', KEYS[2], ARGV[5])
            return 1
        end
        if #KEYS == 2 then
            redis.call('SET', KEYS[1], ARGV[4])
        else
            local now = redis.call('TIME')
            local time = now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[6]
            redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[6])
            redis.call('ZADD', KEYS[3], time, ARGV[5])
            redis.call('PEXPIRE', KEYS[3], ARGV[6])
        end
        redis.call('ZADD', KEYS[2], 0, ARGV[5])
        if #KEYS == 3 then redis.call('PEXPIRE', KEYS[2], ARGV[6]) end
        return 1
        """

    /// Notes when values that were set just before are forgotten, and forgets the names of some that were.
    private static let noteExpiry = """
        local now = redis.call('TIME')
        local time = now[1] * 1000 + math.floor(now[2] / 1000)
        for i = 2, #ARGV do redis.call('ZADD', KEYS[2], time + ARGV[1], ARGV[i]) end
        for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. time, 'LIMIT', 0, #ARGV + 16)) do
            redis.call('ZREM', KEYS[1], name)
            redis.call('ZREM', KEYS[2], name)
        end
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        redis.call('PEXPIRE', KEYS[2], ARGV[1])
        return 0
        """

    init(_ source: RedisSource) {
        self.source = source
        router = source.router
        keys = source.keys
    }

    private var expiry: RedisWord? { router.configuration.expiry.map { RedisWord($0 * 1000) } }

    // MARK: Waiting for nobody

    func get(_ names: [String]) async throws -> [String?] {
        if names.isEmpty { return [] }
        var commands = RedisCommands()
        commands.add("MGET", names.map(keys.value))
        return (try await ask(commands).first?.list ?? []).map(\.text)
    }

    /// - Parameter onlyNew: what has a value keeps it.
    func set(_ entries: [StoreEntry], onlyNew: Bool = false) async throws {
        if entries.isEmpty { return }
        var commands = RedisCommands()
        commands.begin()
        let options = (onlyNew ? [RedisWord("NX")] : []) + (expiry.map { [RedisWord("PX"), $0] } ?? [])
        for entry in entries { commands.add("SET", [keys.value(entry.key), RedisWord(entry.value)] + options) }
        let zero = RedisWord("0")
        commands.add("ZADD", [keys.index] + entries.flatMap { [zero, RedisWord($0.key)] })
        if let expiry {
            commands.add(
                "EVAL",
                [RedisWord(Self.noteExpiry), RedisWord("2"), keys.index, keys.expiry, expiry]
                    + entries.map { RedisWord($0.key) })
        }
        commands.commit()
        _ = try await ask(commands)
    }

    func delete(_ name: String) async throws -> Bool {
        var commands = RedisCommands()
        commands.begin()
        commands.add("DEL", keys.value(name))
        commands.add("ZREM", keys.index, RedisWord(name))
        commands.commit()
        return try await ask(commands, isRepeatable: false).last?.list?.first?.integer == 1
    }

    func compareAndSet(_ name: String, expected: String?, value: String?) async throws -> Bool {
        var words: [RedisWord] = [RedisWord(Self.compareAndSet), RedisWord(expiry == nil ? "2" : "3")]
        words += [keys.value(name), keys.index] + (expiry == nil ? [] : [keys.expiry])
        for text in [expected, value] { words += [RedisWord(text == nil ? "-" : "="), RedisWord(text ?? "")] }
        words += [RedisWord(name)] + (expiry.map { [$0] } ?? [])
        var commands = RedisCommands()
        commands.add("EVAL", words)
        return try await ask(commands, isRepeatable: false).first?.integer == 1
    }

    /// - Parameter isRepeatable: false where the answer tells what this call has done: it could be told that of another's.
    private func ask(_ commands: RedisCommands, isRepeatable: Bool = true) async throws -> [RedisReply] {
        let configuration = router.configuration
        let request = RedisRequest(
            commands: commands, route: .slot(RedisKeys.valuesSlot),
            role: .values(configuration.connections == 1 ? 0 : .random(in: 0..<configuration.connections)),
            isRepeatable: isRepeatable, deadline: MonotonicClock.microseconds + configuration.timeout.microseconds)
        let answer: RedisAnswer
        do {
            answer = try await router.answer(request)
        } catch {
            if case .lost(let reason) = error, !isRepeatable {
                throw StoreError.unanswered(server: configuration.name, reason: reason)
            }
            throw StoreError.unreachable(server: configuration.name, reason: error.reason)
        }
        if let error = answer.error { throw StoreError.server(server: configuration.name, reason: error) }
        return answer.replies
    }

    // MARK: Blocking

    func value(_ name: String) throws -> String? {
        var commands = RedisCommands()
        commands.add("GET", keys.value(name))
        return try source.ask(commands, slot: RedisKeys.valuesSlot)[0].text
    }

    /// Sorted by the keys' bytes, from behind `after`.
    func page(prefix: String, after: String?, limit: Int) throws -> [StoreEntry] {
        var entries: [StoreEntry] = []
        var low = RedisWord("[") + prefix.utf8
        if let after { low = RedisWord("(") + after.utf8 }
        // The first key behind all those with the prefix; 0xff is no byte of a text.
        var high = RedisWord("+")
        if let last = prefix.utf8.last { high = RedisWord("(") + prefix.utf8.dropLast() + [last + 1] }
        while entries.count < limit {
            let wanted = limit - entries.count
            var commands = RedisCommands()
            commands.add(
                "ZRANGEBYLEX", keys.index, low, high, RedisWord("LIMIT"), RedisWord("0"), RedisWord(wanted))
            let names = (try source.ask(commands, slot: RedisKeys.valuesSlot)[0].list ?? []).compactMap(\.bytes)
            guard let last = names.last else { break }
            commands = RedisCommands()
            commands.add("MGET", names.map { keys.value(String(decoding: $0, as: UTF8.self)) })
            let values = try source.ask(commands, slot: RedisKeys.valuesSlot)[0].list ?? []
            for (name, value) in zip(names, values) {
                // What has gone since has no value any more.
                guard let value = value.text else { continue }
                entries.append(StoreEntry(key: String(decoding: name, as: UTF8.self), value: value))
            }
            if names.count < wanted { break }
            low = RedisWord("(") + last
        }
        return entries
    }
}
