import ArgumentParser
import Kafka
import Records
import Settings
import Topics

struct TopicsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics",
        abstract: "The topics of a Kafka cluster that the host reads.",
        subcommands: [TopicsDescribeCommand.self, TopicsCreateCommand.self])
}

struct TopicsDescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show the partitions of the topics of the section `topics`, and how many messages they hold.",
        discussion: """
            Examples:
              lectern topics describe --config lectern.yaml
              lectern topics describe --config lectern.yaml --json
            """)

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Print a line of JSON for each partition.")
    var json = false

    private struct Line: Encodable {
        let topic: String
        let type: String
        let partition: Int
        /// The first offset that is there, and the next one.
        let first: Int64
        let next: Int64
    }

    func run() async throws {
        try await Command.run {
            let topics = try settings.topics()
            let consumer = try KafkaConsumer(topics)
            var table = TextTable("TOPIC", "TYPE", "PARTITION", "FIRST", "NEXT")
            for topic in topics.topics {
                for partition in 0..<(try consumer.partitions(of: topic.name)) {
                    let ends = try consumer.ends(topic.name, partition)
                    if json {
                        let line = Line(
                            topic: topic.name, type: topic.type, partition: partition, first: ends.lowerBound,
                            next: ends.upperBound)
                        print(try JSONOutput.line(line))
                    } else {
                        table.add(
                            topic.name, topic.type, "\(partition)", "\(ends.lowerBound)", "\(ends.upperBound)")
                    }
                }
            }
            if !json { for line in table.lines { print(line) } }
        }
    }
}

extension SettingsOptions {
    /// The section `topics`, which has to name some.
    fileprivate func topics() throws -> TopicsConfiguration {
        let topics = try load(data: "lectern-data").topics
        guard !topics.topics.isEmpty else {
            throw ValidationError(
                "topics.read: found none, expected the topics that are read, such as "
                    + "topics: {brokers: [kafka:9092], read: {module_quiz_events: {type: module_quiz_completed}}}")
        }
        return topics
    }
}
