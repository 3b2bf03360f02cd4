import Foundation
import Testing

extension IntegrationTests {
    @Suite("A sealed log in Kafka, and students who are erased from it")
    struct SealingTests {
        private let folder: TemporaryFolder
        private let plugins: TimelessPlugins
        private let broker: KafkaBroker
        private let group: SimulatedClass
        /// A student of the class, and the lines of all others.
        private let student: String
        private let own: [String]
        private let others: String
        private var data: String { "\(folder.path)/data" }

        init() throws {
            folder = try TemporaryFolder()
            plugins = try TimelessPlugins()
            broker = try KafkaBroker(topics: ["lectern"], partitions: 16)
            group = try SimulatedClass(events: 3_000, students: 6)
            try KnownLog.prepare(folder, below: "data")
            let all = try lines(of: group.file)
            func actor(_ line: String) throws -> String? { try JSONRow.object(line)["user_id"] as? String }
            let student = try #require(try actor(all[0]))
            self.student = student
            own = try all.filter { try actor($0) == student }
            others = try folder.write("others.jsonl", lines: all.filter { try actor($0) != student })
        }

        private var log: [String] {
            [
                "log.kafka.brokers=[\(broker.address)]", "log.kafka.options.fetch.wait.max.ms=10",
                "ingest.trust=loopback", "reduction.checkpoint=50ms",
            ]
        }

        /// With the keys in a file of the data folder.
        private var filed: [String] {
            log + ["log.kafka.sealing.keys=students", "kvs.default.type=sqlite", "kvs.students.type=sqlite"]
        }

        private func host(_ settings: [String], data: String? = nil) throws -> HostProcess {
            try HostProcess(data: data ?? self.data, plugins: plugins.path, settings: settings)
        }

        private func erase(_ settings: [String], data: String? = nil) throws -> [String: Any] {
            try JSONRow.object(
                try run(
                    Installation.lectern,
                    ["erase", "--student", student, "--data", data ?? self.data] + settings.flatMap { ["--set", $0] }))
        }

        private func folded(_ inputs: String) throws -> Folded {
            try Folding(inputs: [inputs], plugins: plugins.path)()
        }

        /// The topic, folded by the command, which finds files where the host has them.
        private func foldedTopic(_ settings: [String]) throws -> Folded {
            var folding = Folding(log: "kafka://\(broker.address)/lectern", plugins: plugins.path)
            folding.settings = settings.filter { $0.hasPrefix("kvs.") || $0.hasPrefix("log.") }
            if settings.contains("kvs.students.type=sqlite") {
                folding.settings.append("kvs.students.path=\(data)/students.sqlite")
            }
            return try folding()
        }

        private func publish(_ lines: [String], to host: HostProcess) throws -> HostProcess.Answer {
            let body = try folder.write("body.jsonl", lines: lines)
            return try host.request(
                "/api/v1/events", ["-H", "Content-Type: application/x-ndjson", "--data-binary", "@\(body)"])
        }

        private func events(_ certificate: [String: Any]) -> Int {
            (certificate["events"] as? [String: Int])?.values.reduce(0, +) ?? 0
        }

        enum Place: CaseIterable { case file, redisWithStates }

        @Test(
            "the topic shows nobody; once a student is erased, what is folded from it is a fold without the student",
            arguments: Place.allCases)
        func erased(place: Place) throws {
            let redis = place == .file ? nil : try RedisProcess(in: folder.path + "/redis")
            let settings = redis.map { log + ["log.kafka.sealing.keys=default"] + $0.settings } ?? filed
            let host = try host(settings)
            #expect(try Replaying([group.file], to: host, []).finish().acknowledged == 3_000)
            try host.expectStates(equal: folded(group.file), seconds: 60)
            #expect(try foldedTopic(settings).states() == folded(group.file).states())
            #expect(try host.stop() == .code(0))

            let topic = try TemporaryFolder()
            let kcat = "kcat -C -b \(broker.address) -t lectern -o beginning -e -q -f '%k %s\n' >\(topic.path)/messages"
            try run("bash", ["-c", kcat])
            #expect(try Data(contentsOf: URL(filePath: "\(topic.path)/messages")).count > 300_000)
            for word in [student, "user_id", "module_quiz_completed"] {
                #expect(try IdentitySearch(word).hits(in: topic.path) == [])
            }

            let certificate = try erase(settings)
            #expect(events(certificate) == own.count)
            let done = try #require(certificate["topic"] as? [String: Any])
            #expect(done["keys"] as? Int == 1 && done["mentions"] as? Int == 0)
            #expect((done["unsealed"] as? [String: Int])?.isEmpty == true)
            let expected = try folded(others)
            #expect(try foldedTopic(settings).states() == expected.states())
            #expect(try IdentitySearch(student).hits(in: data) == [])
            if let redis { #expect(try IdentitySearch(student).hits(in: redis.folder) == []) }

            try host.restart()
            try host.expectStates(equal: expected, seconds: 60)
            let answer = try publish(own, to: host)
            #expect(answer.status == 400 && answer.body.contains("erased: this student's events are not taken"))
            try host.expectStates(equal: expected)
            #expect(try host.stop() == .code(0))
        }

        @Test(
            "a running host is asked; the other host of the log refuses the student, and has nothing left once it began anew"
        )
        func twoHosts() throws {
            let redis = try RedisProcess(in: folder.path + "/redis")
            let settings =
                log + ["log.kafka.sealing.keys=students", "kvs.default.type=sqlite"] + redis.settings(of: "students")
            let first = try host(settings)
            try KnownLog.prepare(folder, below: "other")
            let second = try host(settings, data: "\(folder.path)/other")
            let all = try lines(of: group.file)
            let halves = [
                try folder.write("a.jsonl", lines: Array(all[..<1_500])),
                try folder.write("b.jsonl", lines: Array(all[1_500...])),
            ]
            #expect(try Replaying([halves[0]], to: first, []).finish().acknowledged == 1_500)
            #expect(try Replaying([halves[1]], to: second, []).finish().acknowledged == 1_500)
            for host in [first, second] { try host.expectStates(equal: folded(group.file), seconds: 60) }

            #expect(events(try erase(settings)) == own.count)
            #expect(try eventually(seconds: 30) { (try? first.request("/readyz").status) == 200 })
            let expected = try folded(others)
            try first.expectStates(equal: expected, seconds: 60)
            #expect(try eventually(seconds: 30) { try publish(own, to: second).body.contains("erased") })
            #expect(try second.stop() == .code(0))
            try second.restart()
            try second.expectStates(equal: expected, seconds: 60)
            #expect(try IdentitySearch(student).hits(in: second.data) == [])
            for host in [first, second] { #expect(try host.stop() == .code(0)) }
            #expect(try foldedTopic(settings).states() == expected.states())
        }

        @Test("where hosts share the log, none of them has the student any more, those that run on included")
        func shared() throws {
            let sealing = ["log.kafka.sealing.keys=default"]
            let cluster = try Cluster(hosts: 2, plugins: plugins.path, settings: sealing)
            try cluster.waitForOwners(cluster.hosts)
            #expect(try Replaying([group.file], to: cluster.hosts[0]).finish().acknowledged == 3_000)
            try cluster.expectStatesAndTables(equal: folded(group.file))
            let running = cluster.hosts[1].processID
            let certificate = try erase(
                Cluster.settings(cluster.broker, cluster.redis) + sealing, data: cluster.hosts[0].data)
            #expect(events(certificate) == own.count)
            try cluster.waitForOwners(cluster.hosts)
            try cluster.expectStatesAndTables(equal: folded(others))
            #expect(cluster.hosts[1].processID == running)
            for host in cluster.hosts {
                #expect(try eventually(seconds: 30) { try publish(own, to: host).body.contains("erased") })
            }
            try cluster.expectStatesAndTables(equal: folded(others))
            try cluster.stop()
        }

        @Test("an older copy of the store of keys does not bring the student back")
        func olderKeys() throws {
            let host = try host(filed)
            #expect(try Replaying([group.file], to: host, []).finish().acknowledged == 3_000)
            #expect(try host.stop() == .code(0))
            let files = try FileManager.default.contentsOfDirectory(atPath: data).filter {
                $0.hasPrefix("students.sqlite")
            }
            for file in files { try folder.copy("\(data)/\(file)", to: file) }
            _ = try erase(filed)
            for file in ["students.sqlite", "students.sqlite-wal", "students.sqlite-shm"] {
                try? FileManager.default.removeItem(atPath: "\(data)/\(file)")
            }
            for file in files {
                try FileManager.default.moveItem(atPath: "\(folder.path)/\(file)", toPath: "\(data)/\(file)")
            }
            try host.restart()
            try host.expectStates(equal: folded(others), seconds: 60)
            #expect(try host.stop() == .code(0))
            #expect(try foldedTopic(filed).states() == folded(others).states())
        }

        @Test("an erasure that is killed again and again is finished at the next start")
        func interrupted() throws {
            let host = try host(filed)
            #expect(try Replaying([group.file], to: host, []).finish().acknowledged == 3_000)
            #expect(try host.stop() == .code(0))
            var generator = SeededGenerator(seed: 5)
            for _ in 0..<12 {
                let erasing = try ChildProcess(
                    Installation.lectern,
                    ["erase", "--student", student, "--data", data] + filed.flatMap { ["--set", $0] })
                usleep(UInt32.random(in: 5_000...400_000, using: &generator))
                erasing.crash()
            }
            _ = try erase(filed)
            try host.restart()
            try host.expectStates(equal: folded(others), seconds: 60)
            #expect(try host.stop() == .code(0))
            #expect(try IdentitySearch(student).hits(in: data) == [])
        }

        @Test(
            "a log that is not sealed refuses, and says what would seal it; keys where they may be lost are a mistake")
        func refused() throws {
            let host = try host(log)
            #expect(try host.stop() == .code(0))
            let erasing = try ChildProcess(
                Installation.lectern,
                ["erase", "--student", student, "--data", data] + log.flatMap { ["--set", $0] })
            #expect(try erasing.wait() == .code(1))
            #expect(erasing.complained.contains("without log.kafka.sealing nobody can be erased"))
            for (store, complaint) in [
                (["kvs.students.type=stub"], "a stub, which each start finds empty"),
                (
                    ["kvs.students.type=redis_ephemeral", "kvs.students.host=127.0.0.1", "kvs.students.expiry=60"],
                    "a redis_ephemeral, which forgets"
                ),
                (["kvs.students.type=sqlite", "kvs.students.durable=false"], "may lose the last values"),
                ([], "found \"students\", expected a store of the section kvs: default"),
            ] {
                let settings = log + ["kvs.default.type=sqlite", "log.kafka.sealing.keys=students"] + store
                let serving = try ChildProcess(
                    Installation.lectern,
                    ["serve", "--data", data, "--listen", "127.0.0.1:0"] + settings.flatMap { ["--set", $0] })
                #expect(try serving.wait() != .code(0))
                #expect(serving.complained.contains(complaint), "\(serving.complained)")
            }
        }
    }
}
