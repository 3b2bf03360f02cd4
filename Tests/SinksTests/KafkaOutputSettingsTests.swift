import Foundation
import Kafka
import Settings
import Sinks
import Testing

@Suite("The settings of an output to Kafka")
struct KafkaOutputSettingsTests {
    private func read(_ yaml: String, environment: [String: String] = [:]) throws -> KafkaOutputConfiguration {
        var settings = try Settings(yaml: yaml, file: "lectern.yaml")
        try settings.set(environment: environment)
        return try settings.validate { KafkaOutputConfiguration($0.section("bus")) }
    }

    private func problems(_ yaml: String) -> [String] {
        do {
            _ = try read(yaml)
            return []
        } catch {
            return (error as? SettingsError)?.problems.map(\.description) ?? ["\(error)"]
        }
    }

    @Test("options of librdkafka are taken by their names, in one piece or as sections")
    func options() throws {
        let bus = try read(
            """
            bus:
              brokers: [a:9092, b:9092]
              topic: events
              compression: zstd
              options:
                security.protocol: SASL_SSL
                sasl: {mechanism: SCRAM-SHA-512, username: lectern}
                linger.ms: 20
            """)
        #expect(bus.brokers == ["a:9092", "b:9092"])
        #expect(bus.compression == .zstd)
        #expect(
            bus.options.all.map { "\($0.name)=\($0.value.value)" } == [
                "security.protocol=SASL_SSL", "sasl.mechanism=SCRAM-SHA-512", "sasl.username=lectern", "linger.ms=20",
            ])
    }

    @Test("every mistake is said at once, with its place, and librdkafka's own among them")
    func mistakes() {
        let found = problems(
            """
            bus:
              topics: {quiz: "two words"}
              compression: rar
              options:
                enable.idempotence: false
                sasl.mechanisn: PLAIN
                security.protocol: PLAIN
                sasl.password: hunter2
            """)
        #expect(found.count == 7, "\(found)")
        func isSaid(_ words: String...) -> Bool { found.contains { line in words.allSatisfy { line.contains($0) } } }
        #expect(isSaid("bus.brokers", "HOST:PORT"))
        #expect(isSaid("lectern.yaml:2, bus.topics.quiz", "\"two words\"", "the name of a topic"))
        #expect(isSaid("lectern.yaml:3, bus.compression", "\"rar\"", "lz4"))
        #expect(isSaid("bus.options.enable.idempotence", "the host sets itself", "always true"))
        #expect(isSaid("bus.options.sasl.mechanisn", "No such configuration property"))
        #expect(isSaid("bus.options.security.protocol", "librdkafka does not take"))
        #expect(isSaid("bus.options.sasl.password", "{env: NAME} or {file: PATH}"))
        #expect(!found.contains { $0.contains("hunter2") })
    }

    @Test("a topic is needed, for all events or for some types")
    func topic() {
        #expect(problems("bus: {brokers: a:9092, topics: {quiz: quizzes}}") == [])
        #expect(problems("bus: {brokers: a:9092}").first?.contains("neither topic nor topics") == true)
    }

    @Test("a secret comes from a file, and is shown nowhere")
    func secret() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "lectern-\(UUID().uuidString)").path
        try "hunter2\n".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let bus = try read("bus: {brokers: a:9092, topic: events, options: {sasl.password: {file: \(file)}}}")
        #expect(bus.options.all.map(\.value.value) == ["hunter2"])
        #expect(!"\(bus)".contains("hunter2"))
    }
}
