import CRecords
package import PluginHost
package import Rules

/// A file to fold, and the source that decodes its lines; or a tick.
package struct FoldInput: Sendable {
    /// What stands in place of a source where the rest is no path, but a tick's time: `lectern-tick=2026-01-31T10:00:00Z`.
    package static let tick = "lectern-tick"

    /// A source plugin's id; nil for JSON lines.
    package var source: String?
    /// A path, or `-` for standard input.
    package var path: String

    /// A file of JSON lines.
    package init(jsonLines path: String) { self.path = path }

    /// From `[SOURCE=]PATH`. A path that holds `=` needs `./` before it.
    package init(_ argument: String) {
        if let equals = argument.firstIndex(of: "="), ComponentID.isValid(String(argument[..<equals])) {
            source = String(argument[..<equals])
            path = String(argument[argument.index(after: equals)...])
        } else {
            path = argument
        }
    }

    package var isTick: Bool { source == Self.tick }

    /// The time of a tick, in microseconds since 1970 UTC; nil: this is a file.
    func tickTime() throws(InputError) -> Int64? {
        guard isTick else { return nil }
        var time: Int64 = 0
        var precision: UInt8 = 0
        guard lectern_parse_timestamp(path, path.utf8.count, &time, &precision) == 1 else {
            throw InputError(
                path: argument, reason: "expected the time of a tick, such as \(Self.tick)=2026-01-31T10:00:00Z")
        }
        return time
    }

    /// As it is written on a command line.
    package var argument: String {
        if let source { return "\(source)=\(path)" }
        return path.contains("=") && !path.hasPrefix("/") ? "./\(path)" : path
    }
}

/// How a fold works.
package struct FoldOptions: Sendable {
    package var shards = 1
    package var batch = 64
    /// Of the log that the events would be in.
    package var partitions = 16
    package var dedup = DedupRules()
    /// The fields that may hold the actor's id.
    package var actors = ["user_id", "username", "actor"]
    /// The longest line, in bytes.
    package var lineLimit = 4 << 20
    /// How often a checkpoint is taken, in seconds; nil for none.
    package var checkpointInterval: Double?
    /// Takes a checkpoint after the first batch, and none after it: a restart then folds again all that followed.
    package var takesOneCheckpoint = false
    /// After how many events all states are thrown away, restored from the last checkpoint, and the rest folded again.
    package var restarts: [UInt64] = []
    /// What becomes of events before plugins see them; of a log, its own hold.
    package var filters = FilterRules()
    /// Columns that are added to tables.
    package var tables = TablesConfiguration()
    /// Whether ticks come between the events, see `TickingSink`.
    package var ticks = false

    /// Where it is noted what plugins are asked; nil: nowhere. For one shard.
    package var activity: ActivityFile?

    package init() {}
}

/// What a fold came to.
package struct FoldSummary: Sendable {
    package var events: UInt64 = 0
    package var dropped = DroppedCounts()
    package var deadLetters: UInt64 = 0
    package var states = 0
    /// Each table, the columns that are its key, how many rows it has, and their SHA-256.
    package var rows: [(table: String, keys: [String], rows: Int, sha256: String)] = []
    package var checkpoints = 0
    /// The longest that checkpoints held a shard up between two batches, in microseconds.
    package var longestPause: Int64 = 0
    package var seconds = 0.0
    /// What reading and folding took of it, without writing: by the clock, and of processors.
    package var foldSeconds = 0.0
    package var cpuSeconds = 0.0
    /// Of states.jsonl.
    package var sha256 = ""
}
