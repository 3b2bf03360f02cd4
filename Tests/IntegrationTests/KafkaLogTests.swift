import Foundation
import Glibc
import Testing

extension IntegrationTests {
    @Suite("A log that is a topic of a Kafka cluster")
    struct KafkaLogTests {
        private let folder: TemporaryFolder
        private let plugins: TimelessPlugins
        private var data: String { "\(folder.path)/data" }

        init() throws {
            folder = try TemporaryFolder()
            plugins = try TimelessPlugins()
            try KnownLog.prepare(folder, below: "data")
        }

        private func host(
            _ broker: KafkaBroker, _ more: [String] = [], data: String? = nil
        ) throws -> HostProcess {
            try HostProcess(
                data: data ?? self.data, plugins: plugins.path,
                settings: [
                    "log.kafka.brokers=[\(broker.address)]",
                    // The mock answers a fetch that finds nothing when its time is over, whatever has come meanwhile.
                    "log.kafka.options.fetch.wait.max.ms=10",
                    // It keeps 5 MB of a partition.
                    "log.kafka.options.compression.type=lz4", "ingest.trust=loopback", "reduction.checkpoint=50ms",
                ] + more)
        }

        @Test("50,000 events through ten crashes of the host: the states of one fold of the same events")
        func crashes() throws {
            let group = try SimulatedClass(events: 50_000)
            let broker = try KafkaBroker(topics: ["lectern"], partitions: 16)
            let host = try host(broker)
            var generator = SeededGenerator(seed: 3)
            let replay = try Replaying(
                [group.file], to: host, ["--connections", "4", "--rate", "20000", "--window", "256"])
            for point in generator.points(10, in: 1_000..<45_000, gap: 1_250) {
                try replay.waitForAcknowledgement(of: point)
                host.crash()
                #expect(replay.isRunning && replay.acknowledged < 50_000, "there was nothing more to come")
                try host.restart()
            }
            #expect(try replay.finish().acknowledged == 50_000)
            try host.expectStates(equal: Folding(inputs: [group.file], plugins: plugins.path)(), seconds: 60)
            #expect(try host.stop() == .code(0))
        }

        @Test("a host that has lost its states makes them again of what the brokers have")
        func refolded() throws {
            let group = try SimulatedClass(events: 20_000)
            let broker = try KafkaBroker(topics: ["lectern"], partitions: 16)
            let first = try host(broker, ["log.tail=1MiB"])
            #expect(try Replaying([group.file], to: first, []).finish().acknowledged == 20_000)
            #expect(try first.stop() == .code(0))
            try FileManager.default.removeItem(atPath: data)
            let second = try host(broker, ["log.tail=1MiB"])
            try second.expectStates(equal: Folding(inputs: [group.file], plugins: plugins.path)(), seconds: 60)
            #expect(try second.stop() == .code(0))
        }

        @Test("what the topic holds is folded by the command as by the host, which goes on")
        func folded() throws {
            let group = try SimulatedClass(events: 10_000)
            let broker = try KafkaBroker(topics: ["lectern"], partitions: 16)
            let host = try host(broker)
            #expect(try Replaying([group.file], to: host, []).finish().acknowledged == 10_000)
            var folding = Folding(inputs: [], plugins: plugins.path)
            folding.log = "kafka://\(broker.address)/lectern"
            let expected = try Folding(inputs: [group.file], plugins: plugins.path)()
            #expect(try folding().states() == expected.states())
            #expect(host.isRunning)
            #expect(try host.stop() == .code(0))
        }

        @Test(
            "a host that is stopped, and woken when its client has gone to another host, changes nothing for any reader"
        )
        func woken() throws {
            let group = try SimulatedClass(events: 20_000)
            let broker = try KafkaBroker(topics: ["lectern"], partitions: 16)
            let first = try host(broker)
            try KnownLog.prepare(folder, below: "other")
            let second = try host(broker, data: "\(folder.path)/other")
            let options = ["--client", "class", "--window", "512"]
            let replay = try Replaying([group.file], to: first, options + ["--rate", "20000"])
            try replay.waitForAcknowledgement(of: 5_000)
            // With frames of the client in its buffers, on their way to it and on their way from it.
            kill(first.processID, SIGSTOP)
            replay.crash()
            let again = try Replaying([group.file], to: second, options)
            let report = try again.finish()
            kill(first.processID, SIGCONT)
            #expect(report.events == 20_000 && report.skipped < 20_000)
            let expected = try Folding(inputs: [group.file], plugins: plugins.path)()
            for host in [first, second] {
                try host.expectStates(equal: expected, seconds: 60)
                #expect(try host.stop() == .code(0))
            }
        }

        @Test("commands for logs on a disk refuse the folder of a host whose log is a topic, also without its settings")
        func folderOfATopic() throws {
            let broker = try KafkaBroker(topics: ["lectern"], partitions: 16)
            #expect(try host(broker).stop() == .code(0))
            for command in [["erase", "--student", "ada"], ["log", "info"], ["log", "verify"], ["log", "export"]] {
                let process = try ChildProcess(Installation.lectern, command + ["--data", data])
                #expect(try process.wait() == .code(1))
                #expect(process.complained.contains("the log of this folder is topic lectern of"))
            }
            #expect(try host(broker).stop() == .code(0))
        }

        @Test("another log's folder, or a topic that others write into, is refused with one message")
        func refused() throws {
            let broker = try KafkaBroker(topics: ["lectern", "others"], partitions: 16)
            #expect(try host(broker).stop() == .code(0))
            let other = try TemporaryFolder()
            let fresh = try HostProcess(data: "\(other.path)/data", plugins: plugins.path)
            #expect(try fresh.stop() == .code(0))
            try broker.tell("write others \(try folder.write("garbage", lines: ["{}"]))")
            func complaint(_ data: String, _ topic: String) throws -> String {
                let process = try ChildProcess(
                    Installation.lectern,
                    [
                        "serve", "--data", data, "--plugins", plugins.path, "--listen", "127.0.0.1:0",
                        "--set", "log.kafka.brokers=[\(broker.address)]", "--set", "log.kafka.topic=\(topic)",
                    ])
                #expect(try process.wait(seconds: 60) != .code(0))
                return process.complained
            }
            #expect(
                try complaint("\(other.path)/data", "lectern").contains("a log in this folder found, and log.kafka"))
            #expect(
                try eventually(seconds: 30) { try complaint(data, "others").contains("a log needs a topic of its own") }
            )
        }

        /// Codes of Kafka's: a request timed out, another broker leads, replicas are missing before and after the append, and
        /// the batch is too large.
        @Test("brokers that refuse what is produced lose nothing that was acknowledged", arguments: [7, 6, 19, 20, 10])
        func refusals(code: Int) throws {
            let group = try SimulatedClass(events: 20_000)
            let broker = try KafkaBroker(topics: ["lectern"], partitions: 16, brokers: 3)
            let host = try host(
                broker,
                // The mock stores a batch although the one before it was refused, as no broker does.
                code == 10 ? ["log.kafka.options.max.in.flight.requests.per.connection=1"] : [])
            let replay = try Replaying([group.file], to: host, ["--rate", "20000", "--window", "256"])
            for point in [2_000, 6_000, 10_000, 14_000] {
                try replay.waitForAcknowledgement(of: point)
                // A batch that is too large: its events go one by one, and none of those is.
                try broker.tell("errors \(code == 10 ? 1 : 5) \(code)")
            }
            #expect(try replay.finish().acknowledged == 20_000)
            try host.expectStates(equal: Folding(inputs: [group.file], plugins: plugins.path)(), seconds: 60)
            #expect(try host.stop() == .code(0))
        }

        @Test("while no broker answers, clients wait and the host says why; then all goes on")
        func away() throws {
            let group = try SimulatedClass(events: 30_000)
            let broker = try KafkaBroker(topics: ["lectern"], partitions: 16)
            let host = try host(broker, ["log.buffer=1MiB"])
            let replay = try Replaying([group.file], to: host, ["--rate", "10000", "--window", "4096"])
            try replay.waitForAcknowledgement(of: 3_000)
            try broker.tell("down 1")
            #expect(
                try eventually(seconds: 30) {
                    try host.request("/readyz?verbose").body.contains("log: brokers: log.kafka: topic lectern")
                })
            #expect(replay.isRunning && replay.acknowledged < 30_000)
            try broker.tell("up 1")
            #expect(try replay.finish().acknowledged == 30_000)
            try host.expectStates(equal: Folding(inputs: [group.file], plugins: plugins.path)(), seconds: 60)
            #expect(try host.stop() == .code(0))
        }

        @Test(
            "a host that is told to end while no broker answers says so and ends; its client still has what was not stored"
        )
        func endsWithoutBrokers() throws {
            let group = try SimulatedClass(events: 30_000)
            let broker = try KafkaBroker(topics: ["lectern"], partitions: 16)
            let host = try host(broker, ["log.kafka.timeout=2s"])
            let replay = try Replaying([group.file], to: host, ["--rate", "10000", "--window", "4096"])
            try replay.waitForAcknowledgement(of: 3_000)
            try broker.tell("down 1")
            #expect(
                try eventually(seconds: 30) {
                    try host.request("/readyz?verbose").body.contains("log: brokers: log.kafka")
                })
            #expect(try host.stop(seconds: 60) == .code(1))
            #expect(host.complained.contains("the brokers have not answered within log.kafka.timeout"))
            try broker.tell("up 1")
            try host.restart()
            #expect(try replay.finish().acknowledged == 30_000)
            try host.expectStates(equal: Folding(inputs: [group.file], plugins: plugins.path)(), seconds: 60)
            #expect(try host.stop() == .code(0))
        }

        @Test("an event that no message can hold is a dead letter, and those around it go on")
        func tooLarge() throws {
            let broker = try KafkaBroker(topics: ["lectern"], partitions: 16)
            let host = try host(broker, ["log.kafka.options.message.max.bytes=20000"])
            let large = String(repeating: "x", count: 30_000)
            let events = try folder.write(
                "events.jsonl",
                lines: (0..<10).map {
                    #"{"event":"note","user_id":"ada","number":\#($0),"text":"\#($0 == 4 ? large : "")"}"#
                })
            #expect(try Replaying([events], to: host, []).finish().acknowledged == 10)
            #expect(try host.stop() == .code(0))
            let letters = try run(Installation.lectern, ["dead-letters", "list", "--data", data, "--json"])
            #expect(letters.contains("too-large") && letters.contains("message.max.bytes"))
        }
    }
}
