import ArgumentParser
import EventLog
import Kafka
import Settings
import Topics

struct TopicsCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a topic of the log, or of other producers.",
        discussion: """
            It is made in the cluster of the section `topics`; that of `log.kafka` in the log's, as are all where only that names
            a cluster. Returns when the topic can be written and read. A topic that exists is left as it is: that is fine if it has
            as many partitions, and a failure otherwise.

            Examples:
              lectern topics create module_quiz_events --partitions 16 --config lectern.yaml
              lectern topics create module_quiz_events --partitions 16 --replication 3 --retention 30d --config lectern.yaml
              lectern topics create lectern --partitions 16 --option min.insync.replicas=2 --config lectern.yaml
            """)

    @OptionGroup var settings: SettingsOptions

    @Argument(help: ArgumentHelp("The topic's name.", valueName: "topic"))
    var name: String

    @Option(help: "How many partitions it has.")
    var partitions: Int

    @Option(help: "On how many brokers each partition is; the cluster's default without it.")
    var replication: Int?

    @Option(
        help: ArgumentHelp(
            "How long messages are kept, such as 12h or 30d; the cluster's default without it.", valueName: "duration"))
    var retention: String?

    @Option(
        name: .customLong("option"), parsing: .singleValue,
        help: ArgumentHelp("One of Kafka's settings of a topic; again for each more.", valueName: "name=value"))
    var options: [String] = []

    @Flag(help: "Print a line of JSON.")
    var json = false

    private struct Line: Encodable {
        let topic: String
        let partitions: Int
        /// False: it was there.
        let created: Bool
    }

    func validate() throws {
        guard TopicName.isValid(name) else {
            throw ValidationError("“\(name)”, expected \(TopicName.expectation)")
        }
        guard (1...100_000).contains(partitions) else {
            throw ValidationError("--partitions: \(partitions), expected 1 to 100000")
        }
        if let replication, !(1...100).contains(replication) {
            throw ValidationError("--replication: \(replication), expected 1 to 100")
        }
        _ = try topicSettings()
    }

    private func topicSettings() throws -> [(name: String, value: String)] {
        var settings = try options.map { option in
            guard let equals = option.firstIndex(of: "="), equals > option.startIndex else {
                throw ValidationError("--option: “\(option)”, expected NAME=VALUE such as min.insync.replicas=2")
            }
            return (name: String(option[..<equals]), value: String(option[option.index(after: equals)...]))
        }
        guard let retention else { return settings }
        guard !settings.contains(where: { $0.name == "retention.ms" }) else {
            throw ValidationError("--retention, and --option retention.ms: expected one of them")
        }
        guard let duration = DurationText.parse(retention), duration >= .milliseconds(1) else {
            throw ValidationError("--retention: “\(retention)”, expected a length of time such as 12h or 30d")
        }
        settings.append(("retention.ms", "\(duration.microseconds / 1000)"))
        return settings
    }

    func run() async throws {
        try await Command.run {
            let cluster = try self.cluster(settings.load(data: "lectern-data"))
            let topic = KafkaAdmin.Topic(
                name: name, partitions: partitions, replication: replication, settings: try topicSettings())
            let creation = try KafkaAdmin(brokers: cluster.brokers, options: cluster.options).create(topic)
            try say(creation)
        }
    }

    private func cluster(_ settings: HostSettings) throws -> (brokers: [String], options: KafkaOptions) {
        let topics = settings.topics
        if let log = settings.log.kafka, log.topic == name || topics.brokers.isEmpty {
            return (log.brokers, log.options)
        }
        guard !topics.brokers.isEmpty else {
            throw ValidationError(
                "topics.brokers: found none, expected HOST:PORT, one or more, such as topics: {brokers: [kafka:9092]}")
        }
        return (topics.brokers, topics.options)
    }

    private func say(_ creation: KafkaAdmin.Creation) throws {
        if case .existed(let found) = creation, found != partitions {
            throw InputFailure(
                "topic \(name): it exists with \(found) partitions, expected \(partitions): it was left as it is; say "
                    + "--partitions \(found), or take another name")
        }
        if json {
            print(try JSONOutput.line(Line(topic: name, partitions: partitions, created: creation == .created)))
        } else {
            print(
                "topic \(name): \(creation == .created ? "made" : "it exists already,") with \(partitions) partitions")
        }
    }
}
