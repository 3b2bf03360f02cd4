import Custody
import EventLog
import PluginHost
import Records
import Reduction
import Settings
import Sinks

/// An output of the section `outputs`:
///
///     outputs:
///       feed: {type: file, part: 64MiB}
///       bus:
///         type: kafka
///         brokers: [kafka:9092]
///         topic: lectern-events
///       hours: {type: file, tables: [event-aggregations/user_hourly_attempts]}
struct OutputSettings {
    let name: String
    let publisher: PublisherConfiguration
    let place: EventOutputConfiguration
    /// For what its publisher remembers.
    let folder: String
    /// `tables`: those whose rows it gets, in place of events; empty: it gets events.
    let tables: Set<TableID>

    /// Reads the section. Mistakes are noted in the reader.
    static func all(_ reader: SettingsReader, data: String) -> [OutputSettings] {
        var directories: [String: String] = [:]
        return reader.sections().compactMap { name, section in
            if name.wholeMatch(of: /[A-Za-z0-9_-]{1,64}/) == nil {
                reader.problem(
                    name, found: "an output of this name", expected: "a name of letters, digits, `_` and `-`, up to 64")
            }
            let folder = "\(data)/outputs/\(name)"
            guard let place = EventOutputConfiguration(section, directory: "\(folder)/events") else { return nil }
            if case .file(let files) = place {
                if let other = directories.updateValue(name, forKey: files.directory) {
                    section.problem(
                        "directory", found: "the folder of the output \(other)", expected: "a folder of its own")
                }
            }
            var publisher = PublisherConfiguration(section)
            if let types = place.types {
                for type in publisher.types.subtracting(types).sorted() {
                    section.problem(
                        "events", found: "\"\(type)\", which has no topic", expected: "types of `topics`, or a `topic`")
                }
                if publisher.types.isEmpty { publisher.types = types }
            }
            let tables = Self.tables(section)
            if !tables.isEmpty, section.has("events") {
                section.problem("events", found: "types of events beside `tables`", expected: "one of the two")
            }
            return OutputSettings(name: name, publisher: publisher, place: place, folder: folder, tables: tables)
        }
    }

    private static func tables(_ section: SettingsReader) -> Set<TableID> {
        var tables: Set<TableID> = []
        for name in section.strings("tables", default: []) {
            let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            if parts.count == 2, !parts.contains("") {
                tables.insert(TableID(plugin: parts[0], table: parts[1]))
            } else {
                section.problem("tables", found: "\"\(name)\"", expected: "PLUGIN/TABLE")
            }
        }
        return tables
    }

    /// What erases students from its files; nil: it has none.
    func holder(actorFields: [String]) -> PublishedFilesHolder? {
        guard case .file(let files) = place else { return nil }
        let (published, folder, isOfEvents) = (PublishedFolder(files.directory), folder, tables.isEmpty)
        return PublishedFilesHolder(name, published, actorFields: actorFields) {
            // What is told of tables begins anew with each start of a host.
            guard isOfEvents else { return }
            try Publisher.changeProgress(in: folder) { progress in
                try FileOutput.close(published, at: progress) { Terminal.warn($0) }
            }
        }
    }

    /// Begins to publish tables.
    func publishTables() -> TableOutput {
        TableOutput(
            name: name, tables: tables,
            rows: Warehouse(
                output: name, place, batch: publisher.batch, retry: publisher.longestPause,
                report: { Terminal.warn($0) }))
    }

    /// Begins to publish events.
    func publish(_ log: EventLog, dedup: DedupRules, rules: RuleHistory) throws -> Publisher {
        try Publisher(
            name, log, place.output(limit: publisher.batch), publisher, dedup: dedup, rules: rules,
            folder: folder, report: { Terminal.warn($0) })
    }
}

/// An output that gets the rows of tables.
struct TableOutput {
    let name: String
    let tables: Set<TableID>
    let rows: Warehouse
}
