import Foundation
import Testing

extension IntegrationTests {
    /// States that wait for time, on a real host: the revision signals of memory-score.
    @Suite("Timers")
    struct TimerTests {
        private let folder: TemporaryFolder
        private var data: String { folder.path }

        init() throws { folder = try TemporaryFolder() }

        private func ticks() throws -> Int {
            try run(Installation.lectern, ["log", "cat", "--data", data]).split(separator: "\n")
                .filter { $0.contains(#""type":"tick""#) }.count
        }

        private func publish(_ student: String, at time: Date, to host: HostProcess) throws {
            let time = time.formatted(.iso8601)
            let quiz = #"{"user_id":"\#(student)","domain":"dsa","module":"m","score":85,"timestamp":"\#(time)"}"#
            let answer = try host.request(
                "/api/events/quiz", ["-H", "Content-Type: application/json", "--data", quiz])
            #expect(answer.status == 200)
        }

        /// The students whose revision is due.
        private func due(_ host: HostProcess) throws -> Set<String> {
            Set(
                try host.rows(of: "memory-score/revision_signals")
                    .filter { !($0["due_at"] is NSNull) }.compactMap { $0["user_id"] as? String })
        }

        @Test(
            "what is due becomes due, in workers and in the host, and the log says so: its fold has the same states",
            arguments: ["worker", "inprocess"])
        func due(placement: String) throws {
            try KnownLog.prepare(folder)
            let host = try HostProcess(
                data: data,
                settings: [
                    "ingest.trust=loopback", "reduction.checkpoint=50ms", "plugins.memory-score.placement=\(placement)",
                ])
            try publish("late", at: Date(timeIntervalSinceNow: -86_400 * 30), to: host)
            try publish("fresh", at: Date(), to: host)
            #expect(try eventually(seconds: 30) { try due(host) == ["late"] })
            host.crash()
            try host.restart()
            try publish("later", at: Date(timeIntervalSinceNow: -86_400 * 20), to: host)
            #expect(try eventually(seconds: 30) { try due(host) == ["late", "later"] })
            #expect(try host.stop() == .code(0))
            #expect(try ticks() > 0)
            let expected = try Folding(log: data)().statesByComponent().filter { $0.key.hasPrefix("memory-score.") }
            #expect(!expected.isEmpty)
            try host.restart()
            for (component, states) in expected {
                let found = try host.states(of: "memory-score", String(component.dropFirst("memory-score.".count)))
                #expect(found.sorted() == states.sorted(), "\(component)")
            }
            #expect(try host.stop() == .code(0))
        }
    }
}
