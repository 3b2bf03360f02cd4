import Glibc
import Records

/// The servers' own settings, as far as they matter to who keeps states on them. Its methods block. Any thread.
struct RedisServers: Sendable {
    let source: RedisSource

    /// Throws `forgets` if a server may drop what has no expiry.
    func checkKeepsStates() throws {
        for server in source.router.servers {
            let policy = try info(server, "memory")["maxmemory_policy"] ?? "noeviction"
            guard policy.hasPrefix("allkeys") else { continue }
            throw StoreError.forgets(
                store: "redis \(server)", reason: "its maxmemory-policy is \(policy)",
                remedy: "set maxmemory-policy to noeviction there")
        }
    }

    /// What an operator should know of the servers, a sentence each.
    func warnings() throws -> [String] {
        try source.router.servers.compactMap { server in
            guard try info(server, "persistence")["aof_enabled"] != "1", try savesSnapshots(server) == false else {
                return nil
            }
            return """
                redis \(server) writes neither an append-only file nor snapshots: when it restarts, all states are gone \
                and are folded again from the log; set appendonly to yes there
                """
        }
    }

    /// Has the servers write their files anew, so that they hold nothing that is no longer stored.
    func rewriteFiles() throws {
        for server in source.router.servers {
            if try info(server, "persistence")["aof_enabled"] == "1" {
                try run(server, "BGREWRITEAOF", while: ["aof_rewrite_in_progress", "aof_rewrite_scheduled"])
                try check(server, "aof_last_bgrewrite_status")
            }
            if try savesSnapshots(server) != false {
                try run(server, "BGSAVE", while: ["rdb_bgsave_in_progress"])
                try check(server, "rdb_last_bgsave_status")
            }
        }
    }

    /// Nil if the server does not say.
    private func savesSnapshots(_ server: RedisAddress) throws -> Bool? {
        var commands = RedisCommands()
        commands.add("CONFIG", RedisWord("GET"), RedisWord("save"))
        guard let items = try answer(commands, server).replies[0].list, items.count == 2 else { return nil }
        return items[1].text != ""
    }

    /// Runs what a server does in the background, and waits for its end.
    private func run(_ server: RedisAddress, _ command: String, while working: [String]) throws {
        func isWorking() throws -> Bool {
            let info = try info(server, "persistence")
            return working.contains { info[$0] == "1" }
        }
        var commands = RedisCommands()
        commands.add(command)
        while true {
            while try isWorking() { usleep(10_000) }
            guard let error = try answer(commands, server).replies[0].error else { break }
            // Another host may have begun it meanwhile, before what is to be gone was.
            guard error.contains("in progress") else {
                throw StoreError.server(server: "redis \(server)", reason: "\(command): \(error)")
            }
        }
        while try isWorking() { usleep(10_000) }
    }

    private func check(_ server: RedisAddress, _ status: String) throws {
        let found = try info(server, "persistence")[status] ?? "nothing"
        guard found == "ok" else {
            throw StoreError.server(
                server: "redis \(server)", reason: "its files can't be written (\(status): \(found))")
        }
    }

    private func info(_ server: RedisAddress, _ section: String) throws -> [String: String] {
        var commands = RedisCommands()
        commands.add("INFO", RedisWord(section))
        let reply = try answer(commands, server).replies[0]
        guard let text = reply.text else {
            throw StoreError.server(server: "redis \(server)", reason: reply.error ?? "no answer to INFO")
        }
        var fields: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
        }
        return fields
    }

    /// Errors are among the replies.
    private func answer(_ commands: RedisCommands, _ server: RedisAddress) throws -> RedisAnswer {
        let deadline = MonotonicClock.microseconds + source.router.configuration.patience.microseconds
        do {
            return try source.router.wait(
                for: RedisRequest(
                    commands: commands, route: .server(server), role: .reading, isRepeatable: true, deadline: deadline))
        } catch {
            throw StoreError.unreachable(server: "redis \(server)", reason: error.reason)
        }
    }

    /// Removes every key of the pattern but those that `keeps` tells.
    func removeAll(_ pattern: RedisWord, keeping keeps: (RedisWord) -> Bool) throws {
        for server in source.router.servers {
            var cursor: RedisWord = RedisWord("0")
            repeat {
                var commands = RedisCommands()
                commands.add("SCAN", cursor, RedisWord("MATCH"), pattern, RedisWord("COUNT"), RedisWord("1000"))
                let reply = try answer(commands, server).replies[0]
                guard let parts = reply.list, parts.count == 2, let next = parts[0].bytes, let found = parts[1].list
                else {
                    throw StoreError.server(server: "redis \(server)", reason: reply.error ?? "no answer to SCAN")
                }
                let keys = found.compactMap(\.bytes).filter { !keeps($0) }
                if !keys.isEmpty {
                    commands = RedisCommands()
                    // One by one: in a cluster they have many slots.
                    for key in keys { commands.add("UNLINK", key) }
                    if let error = try answer(commands, server).error {
                        throw StoreError.server(server: "redis \(server)", reason: error)
                    }
                }
                cursor = next
            } while cursor != RedisWord("0")
        }
    }
}
