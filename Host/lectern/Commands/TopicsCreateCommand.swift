import ArgumentParser
import Kafka
import Settings
import Topics

struct TopicsCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a topic in the cluster of the section `topics`.",
        discussion: """
            Returns when the topic can be written and read. A topic that exists is left as it is: that is fine if it has as many
            partitions, and a failure otherwise.

            Examples:
              lectern topics create module_quiz_events --partitions 16 --config lectern.yaml
              lectern topics create module_quiz_events --partitions 16 --replication 3 --retention 30d --config lectern.yaml
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
        _ = try retentionMilliseconds()
    }

    private func retentionMilliseconds() throws -> Int64? {
        guard let retention else { return nil }
        guard let duration = DurationText.parse(retention), duration >= .milliseconds(1) else {
            throw ValidationError("--retention: “\(retention)”, expected a length of time such as 12h or 30d")
        }
        return duration.microseconds / 1000
    }

    func run() async throws {
        try await Command.run {
            let cluster = try settings.load(data: "lectern-data").topics
            guard !cluster.brokers.isEmpty else {
                throw ValidationError(
                    "topics.brokers: found none, expected HOST:PORT, one or more, such as topics: {brokers: [kafka:9092]}"
                )
            }
            let retention = try retentionMilliseconds()
            let topic = KafkaAdmin.Topic(
                name: name, partitions: partitions, replication: replication,
                settings: retention.map { [("retention.ms", "\($0)")] } ?? [])
            let creation = try KafkaAdmin(brokers: cluster.brokers, options: cluster.options).create(topic)
            try say(creation)
        }
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
