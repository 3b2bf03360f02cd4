import Custody
import EventLog
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
struct OutputSettings {
    let name: String
    let publisher: PublisherConfiguration
    let place: EventOutputConfiguration
    /// For what its publisher remembers.
    let folder: String

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
            return OutputSettings(name: name, publisher: publisher, place: place, folder: folder)
        }
    }

    /// What erases students from its files; nil: it has none.
    func holder(actorFields: [String]) -> PublishedFilesHolder? {
        guard case .file(let files) = place else { return nil }
        let (published, folder) = (PublishedFolder(files.directory), folder)
        return PublishedFilesHolder(name, published, actorFields: actorFields) {
            try Publisher.changeProgress(in: folder) { progress in
                try FileOutput.close(published, at: progress) { Terminal.warn($0) }
            }
        }
    }

    /// Begins to publish.
    func publish(_ log: EventLog, dedup: DedupRules, rules: RuleHistory) throws -> Publisher {
        try Publisher(
            name, log, place.output(limit: publisher.batch), publisher, dedup: dedup, rules: rules,
            folder: folder, report: { Terminal.warn($0) })
    }
}
