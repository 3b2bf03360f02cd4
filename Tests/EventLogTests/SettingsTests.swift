import EventLog
import Kafka
import Settings
import Testing

@Suite struct EventLogSettingsTests {
    @Test func everySettingIsRead() throws {
        let settings = try Settings(
            yaml: """
                log:
                  directory: /somewhere/log
                  partitions: 8
                  segment: 64MiB
                  sync: false
                  delay: 500us
                  direct: false
                  buffer: 1MiB
                  tail: 2MiB
                  limit: 10GiB
                  clients: 50
                  dead_letters: 1MiB
                  integrity: true
                  tree_heads: 1h
                """, file: "lectern.yaml")
        let configuration = try settings.validate { EventLogConfiguration($0.section("log"), directory: "unused") }
        #expect(configuration.directory == "/somewhere/log")
        #expect(configuration.partitions == 8)
        #expect(configuration.segmentBytes == 64 << 20)
        #expect(!configuration.sync)
        #expect(configuration.syncDelay == .microseconds(500))
        #expect(!configuration.direct)
        #expect(configuration.bufferBytes == 1 << 20)
        #expect(configuration.tailBytes == 2 << 20)
        #expect(configuration.limitBytes == 10 << 30)
        #expect(configuration.clients == 50)
        #expect(configuration.deadLetterBytes == 1 << 20)
        #expect(configuration.integrity)
        #expect(configuration.treeHeads == .seconds(3600))
    }

    @Test func noSettingsGiveTheDefaults() throws {
        let configuration = try Settings().validate { EventLogConfiguration($0.section("log"), directory: "data/log") }
        #expect(configuration.directory == "data/log")
        #expect(configuration.partitions == nil)
        #expect(configuration.limitBytes == nil)
        #expect(configuration.sync)
    }

    @Test func aLogInKafkaIsRead() throws {
        let settings = try Settings(
            yaml: """
                log:
                  kafka:
                    brokers: [one:9092, two:9092]
                    topic: events
                    timeout: 5s
                    options: {compression.type: zstd}
                """, file: "lectern.yaml")
        let configuration = try settings.validate { EventLogConfiguration($0.section("log"), directory: "data/log") }
        let kafka = try #require(configuration.kafka)
        #expect(kafka.brokers == ["one:9092", "two:9092"])
        #expect(kafka.topic == "events")
        #expect(kafka.timeout == .seconds(5))
        #expect(kafka.options.all.map(\.name) == ["compression.type"])
    }

    @Test func whatIsForLogsOnADiskAndWhatTheHostSetsItselfAreMistakesBesideKafka() throws {
        let settings = try Settings(
            yaml: """
                log:
                  integrity: true
                  retention: {age: 1d}
                  segment: 1MiB
                  kafka: {topic: "a b", options: {acks: 1, enable.idempotence: false}}
                """, file: "lectern.yaml")
        let error = #expect(throws: SettingsError.self) {
            try settings.validate { EventLogConfiguration($0.section("log"), directory: "data/log") }
        }
        let text = try #require(error).description
        for key in [
            "log.integrity", "log.retention", "log.segment", "log.kafka.topic", "log.kafka.brokers",
            "log.kafka.options.acks", "log.kafka.options.enable.idempotence",
        ] { #expect(text.contains(key)) }
    }

    @Test func anAddressOfATopicIsRead() throws {
        let kafka = try KafkaLogConfiguration(url: "kafka://one:9092,two:9092/events")
        #expect(kafka?.brokers == ["one:9092", "two:9092"])
        #expect(kafka?.topic == "events")
        #expect(try KafkaLogConfiguration(url: "/var/lib/lectern") == nil)
        for wrong in ["kafka://", "kafka://one:9092", "kafka://one:9092/", "kafka:///events", "kafka://one/a/b"] {
            #expect(logError { _ = try KafkaLogConfiguration(url: wrong) }?.code == .settings)
        }
    }

    @Test func everyMistakeIsNamed() throws {
        let settings = try Settings(
            yaml: "log: {partitions: 0, segment: 3GiB, delay: 1h, limit: 1, sink: true, directory: \"\"}",
            file: "lectern.yaml")
        let error = #expect(throws: SettingsError.self) {
            try settings.validate { EventLogConfiguration($0.section("log"), directory: "data/log") }
        }
        let text = try #require(error).description
        for key in ["log.partitions", "log.segment", "log.delay", "log.limit", "log.sink", "log.directory"] {
            #expect(text.contains(key))
        }
    }
}
