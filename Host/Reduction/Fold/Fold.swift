package import KeyValueStore
package import PluginHost
import Records

/// Folds files without a daemon: lines in, states, tables and dead letters out.
///
/// What it does to an event is what the daemon does; only the log is left out. Not thread-safe.
package final class Fold {
    let catalog: PluginCatalog
    let options: FoldOptions
    private let store: (any KeyValueStore)?
    private let log = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
    var summary = FoldSummary()
    /// The last pass: kept, since nobody needs its memory back before the process ends.
    private var life: FoldLife?
    private var reported: [String: UInt64] = [:]
    private var linesSeen: UInt64 = 0

    /// How far a fold has come.
    package struct Progress: Sendable {
        package var input: String
        /// Bytes of the input that were read, and its size if that is known.
        package var bytes: Int
        package var size: Int?
        package var events: UInt64
    }

    /// - Parameter store: where checkpoints go; what it holds of these plugins is discarded. Nil to take none.
    package init(_ catalog: PluginCatalog, _ options: FoldOptions, store: (any KeyValueStore)?) {
        self.catalog = catalog
        self.options = options
        self.store = store
    }

    /// Folds the inputs, one after the other.
    ///
    /// - Parameter directory: receives `states.jsonl`, `tables/PLUGIN.TABLE.jsonl` and `dead-letters.jsonl`; nil to write nothing.
    package func run(
        _ inputs: [FoldInput], to directory: String?, progress: (Progress) -> Void = { _ in }
    ) throws -> FoldSummary {
        let began = MonotonicClock.microseconds
        let clock = FoldClock()
        let columns = try derivedColumns()
        for plugin in catalog.plugins { try store?.discard(plugin: plugin.id, as: Epochs(log: log, numbers: [:])) }
        let letters = try DeadLetterFile(directory.map { "\($0)/dead-letters.jsonl" })
        var restarts = options.restarts.sorted()
        while true {
            let life = try FoldLife(catalog.code, options, store: store, log: log)
            self.life = life
            let end = restarts.isEmpty ? nil : restarts.removeFirst()
            let isWhole = try feed(life, inputs, until: end, letters, progress)
            try life.finish(checkpoint: isWhole)
            try report(life.takeRejections(), to: letters)
            summary.checkpoints += life.committed
            summary.longestPause = max(summary.longestPause, life.longestPause)
            guard isWhole else { continue }
            summary.events = life.decoded
            summary.dropped = life.dropped
            clock.stop(&summary)
            try write(life.shards, columns, to: directory)
            break
        }
        try letters.close()
        summary.deadLetters = letters.count
        summary.seconds = Double(MonotonicClock.microseconds - began) / 1e6
        return summary
    }

    /// Calls with every state of a plugin's reducer as the last run left it, the parts of spread states each for itself.
    /// Borrowed for the call.
    package func forEachState(plugin: Int, reducer: Int, _ body: (UnsafeRawPointer) -> Void) {
        for shard in life?.shards ?? [] {
            shard.plugins[plugin].states[reducer].forEach { body(UnsafeRawPointer($0)) }
        }
    }

    /// Returns false if it stopped at `limit` events.
    private func feed(
        _ life: FoldLife, _ inputs: [FoldInput], until limit: UInt64?, _ letters: DeadLetterFile,
        _ progress: (Progress) -> Void
    ) throws -> Bool {
        var line: UInt64 = 0
        for input in inputs {
            if let time = try input.tickTime() {
                try life.tick(time)
                continue
            }
            let source = try input.source.map { try self.source($0) }
            let reader = try LineReader(input.path, limit: options.lineLimit)
            let ended = try life.feed(
                reader, source: source, limit: limit,
                reject: { original, reason in
                    guard line + reader.lines > linesSeen else { return }
                    linesSeen = line + reader.lines
                    try letters.add(input: input.path, line: reader.lines, reason: reason, original: original)
                },
                chunk: {
                    try report(life.takeRejections(), to: letters)
                    progress(
                        Progress(input: input.path, bytes: reader.consumed, size: reader.size, events: life.decoded))
                })
            guard ended else { return false }
            line += reader.lines
        }
        return true
    }

    private func source(_ id: String) throws -> any SourceDecoding {
        if id == ExportSource.id { return ExportSource() }
        guard let source = catalog.source(id) else {
            let known = catalog.code.flatMap(\.sources).map(\.id)
            throw InputError(
                path: "source \(id)",
                reason: known.isEmpty
                    ? "no plugin has a source; there is \(ExportSource.id)"
                    : "no plugin has such a source; there is \((known + [ExportSource.id]).joined(separator: ", "))")
        }
        return source
    }

    /// Writes the rejections down; those that an earlier life has met already only once.
    func report(_ rejections: [Rejection], to letters: DeadLetterFile) throws {
        for rejection in rejections {
            let place = "\(rejection.plugin)/\(rejection.partition)"
            guard rejection.position >= reported[place, default: 0] else { continue }
            reported[place] = rejection.position + 1
            try letters.add(rejection)
        }
    }

    /// The columns that the settings add to tables.
    func derivedColumns() throws -> DerivedColumns {
        try DerivedColumns(
            options.tables, catalog.code.map(\.description), functions: catalog.code.flatMap(\.callableFunctions))
    }

    func write(_ shards: [Shard], _ columns: DerivedColumns, to directory: String?) throws {
        let buffer = LineBuffer()
        let output = StateOutput(file: try LineFile(directory.map { "\($0)/states.jsonl" }, buffer))
        for index in catalog.code.indices.sorted(by: { catalog.code[$0].id < catalog.code[$1].id }) {
            let states = MergedStates(shards, plugin: index)
            try output.add(states)
            for table in catalog.code[index].tables {
                let name = "\(catalog.code[index].id).\(table.id)"
                let file = try LineFile(directory.map { "\($0)/tables/\(name).jsonl" }, buffer)
                let derived = columns[TableID(plugin: catalog.code[index].id, table: table.id)]
                _ = try TableOutput(table, derived, of: states, to: file)
                let keys = table.columns.filter(\.isKey).map(\.name)
                summary.rows.append((name, keys, file.count, try file.close()))
            }
        }
        summary.states = output.file.count
        summary.sha256 = try output.file.close()
    }
}
