import Foundation
import Glibc
import Testing

extension IntegrationTests {
    @Suite("lectern topics create")
    struct TopicCreationTests {
        private static let hasPython: ConditionTrait = .enabled(
            if: Installation.isRequired || access("/usr/bin/python3", X_OK) == 0, "needs python3")

        private func create(_ brokers: String, _ arguments: [String]) throws -> ChildProcess {
            let process = try ChildProcess(
                Installation.lectern, ["topics", "create"] + arguments + ["--set", "topics.brokers=[\(brokers)]"])
            try process.wait()
            return process
        }

        @Test("asks for the topic, with its settings, and returns when it can be read", hasPython)
        func creation() throws {
            let cluster = try KafkaController()
            let made = try create(
                cluster.address,
                [
                    "quiz_events", "--partitions", "12", "--replication", "1", "--retention", "30d", "--option",
                    "max.message.bytes=2000000", "--json",
                ])
            #expect(made.printed == #"{"created":true,"partitions":12,"topic":"quiz_events"}"# + "\n")
            #expect(made.complained == "")
            #expect(
                try cluster.requests == [
                    .init(
                        name: "quiz_events", partitions: 12, replication: 1,
                        settings: ["max.message.bytes": "2000000", "retention.ms": "2592000000"])
                ])
            let again = try create(cluster.address, ["quiz_events", "--partitions", "12"])
            #expect(try again.wait() == .code(0))
            #expect(again.printed == "topic quiz_events: it exists already, with 12 partitions\n")
        }

        @Test("makes the log's topic in the log's cluster, and others in that of the topics", hasPython)
        func clusters() throws {
            let log = try KafkaController()
            let topics = try KafkaController()
            for name in ["lectern", "quiz_events"] {
                let settings = ["--set", "log.kafka.brokers=[\(log.address)]"]
                #expect(try create(topics.address, [name, "--partitions", "2"] + settings).wait() == .code(0))
            }
            #expect(try log.requests.map(\.name) == ["lectern"])
            #expect(try topics.requests.map(\.name) == ["quiz_events"])
        }

        @Test("leaves to the cluster what it does not say", hasPython)
        func defaults() throws {
            let cluster = try KafkaController()
            let made = try create(cluster.address, ["quiz_events", "--partitions", "3"])
            #expect(made.printed == "topic quiz_events: made with 3 partitions\n")
            #expect(
                try cluster.requests == [.init(name: "quiz_events", partitions: 3, replication: -1, settings: [:])])
        }

        @Test("refuses another number of partitions than the topic has", hasPython)
        func otherPartitions() throws {
            let cluster = try KafkaController(topics: ["quiz_events:3"])
            let refused = try create(cluster.address, ["quiz_events", "--partitions", "12"])
            #expect(try refused.wait() == .code(1))
            #expect(
                refused.complained
                    == "error: topic quiz_events: it exists with 3 partitions, expected 12: it was left as it is; say "
                    + "--partitions 3, or take another name\n")
        }

        @Test("says what the cluster says against a topic", hasPython)
        func refusal() throws {
            let cluster = try KafkaController()
            let refused = try create(cluster.address, ["quiz_events", "--partitions", "3", "--replication", "3"])
            #expect(try refused.wait() == .code(1))
            #expect(
                refused.complained
                    == "error: topic quiz_events: the cluster at \(cluster.address) did not make it: Unable to replicate the "
                    + "partition 3 time(s): only 1 broker(s) are registered.\n")
        }

        @Test("says what to do with a cluster that takes no requests for topics")
        func unsupported() throws {
            let broker = try KafkaBroker(topics: [])
            let refused = try create(broker.address, ["quiz_events", "--partitions", "12"])
            #expect(try refused.wait() == .code(1))
            #expect(
                refused.complained
                    == "error: topic quiz_events: the cluster at \(broker.address) takes no requests for new topics (none of "
                    + "its brokers is the controller): make it with 12 partitions by the cluster's own means\n")
        }

        @Test("names the cluster that nobody answers at")
        func absence() throws {
            let refused = try create("127.0.0.1:1", ["quiz_events", "--partitions", "12"])
            #expect(try refused.wait() == .code(1))
            #expect(
                refused.complained.hasPrefix("error: topic quiz_events: the cluster at 127.0.0.1:1 did not make it: "))
            #expect(refused.complained.contains("Connection refused"))
        }

        @Test(
            "refuses what can be no topic",
            arguments: [
                (["quiz events", "--partitions", "1"], "“quiz events”"),
                (["a", "--partitions", "0"], "--partitions: 0"),
                (["a", "--partitions", "1", "--replication", "0"], "--replication: 0"),
                (["a", "--partitions", "1", "--retention", "month"], "--retention: “month”"), (["a"], "--partitions"),
                (["a", "--partitions", "1", "--option", "x"], "--option: “x”"),
                (["a", "--partitions", "1", "--retention", "1d", "--option", "retention.ms=1"], "one of them"),
            ])
        func mistakes(arguments: [String], named: String) throws {
            let refused = try create("127.0.0.1:1", arguments)
            #expect(try refused.wait() == .code(64))
            #expect(refused.complained.contains(named), "\(refused.complained)")
        }
    }
}
