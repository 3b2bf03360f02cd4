import Kafka
import Settings
import Testing
import Topics

@Suite("The settings of topics that are read")
struct TopicsSettingsTests {
    private func read(_ yaml: String) throws -> TopicsConfiguration {
        try Settings(yaml: yaml, file: "lectern.yaml").validate { TopicsConfiguration($0.section("topics")) }
    }

    private func problems(_ yaml: String) -> [String] {
        do {
            _ = try read(yaml)
            return []
        } catch {
            return (error as? SettingsError)?.problems.map(\.description) ?? ["\(error)"]
        }
    }

    @Test("name the type of a topic's events, which is the topic's name otherwise")
    func types() throws {
        let topics = try read(
            """
            topics:
              brokers: [a:9092]
              read:
                quiz_events: {type: quiz}
                login_events: {}
              options: {security.protocol: SSL}
            """)
        #expect(topics.topics.map { "\($0.name)=\($0.type)" } == ["login_events=login_events", "quiz_events=quiz"])
        #expect(topics.options.all.map(\.name) == ["security.protocol"])
    }

    @Test("have mistakes that are all said at once, each with its place")
    func mistakes() {
        let found = problems(
            """
            topics:
              read: {"two words": {typ: a}}
              from: middle
              options: {group.id: mine, enable.auto.commit: true}
            """)
        #expect(found.count == 6, "\(found)")
        func isSaid(_ words: String...) -> Bool { found.contains { line in words.allSatisfy { line.contains($0) } } }
        #expect(isSaid("topics.brokers", "HOST:PORT"))
        #expect(isSaid("lectern.yaml:2", "\"two words\"", "the name of a topic"))
        #expect(isSaid("lectern.yaml:2", "typ", "type"))
        #expect(isSaid("lectern.yaml:3, topics.from", "earliest, latest"))
        #expect(isSaid("topics.options.group.id", "`group` says it"))
        #expect(isSaid("topics.options.enable.auto.commit", "what is durable"))
    }
}
