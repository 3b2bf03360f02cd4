import Foundation
import Testing

extension IntegrationTests {
    @Suite(
        "The dashboard in a browser", .enabled(if: Installation.isBrowserExpected, "needs chromium: LECTERN_BROWSER"))
    struct BrowserTests {
        private let folder: TemporaryFolder
        private let host: HostProcess
        private let chromium: Chromium

        init() throws {
            folder = try TemporaryFolder()
            host = try HostProcess(data: folder.path)
            let group = try SimulatedClass(events: 3_000)
            _ = try Replaying([group.file], to: host).finish()
            let host = host
            let quizzes = try lines(of: group.file).count { $0.contains("_quiz_completed\"") }
            guard
                try eventually({
                    try host.sum(of: "total_quiz_attempts", in: "quiz-analytics/user_engagement") == quizzes
                })
            else { throw Failure("the class is not in the tables") }
            chromium = try Chromium()
            try chromium.setViewport(width: 1280, height: 900)
            try chromium.open("\(host.address)/dashboards/quiz-analytics/class")
        }

        /// The figure of the number panel with this title, without what groups its digits.
        private func figure(_ title: String) throws -> Int? {
            let script = """
                [...document.querySelectorAll('section.panel[data-kind=number]')]
                  .find(panel => panel.querySelector('h2').textContent == '\(title)')
                  ?.querySelector('.figure').textContent ?? ''
                """
            return Int((try chromium.evaluate(script) as? String ?? "").filter { $0.isASCII && $0.isNumber })
        }

        private func attempts() throws -> Int {
            try host.sum(of: "total_quiz_attempts", in: "quiz-analytics/user_engagement")
        }

        @Test("shows the simulated class: figures, tiles, charts and tables")
        func shown() throws {
            #expect(try figure("Quiz attempts") == attempts())
            #expect(try figure("Learners") == 30)
            let learner = try #require(try host.rows(of: "quiz-analytics/learners").first?["learner"] as? String)
            #expect(try chromium.evaluate("document.body.textContent.includes('\(learner)')") as? Bool == true)
            let charts = "[...document.querySelectorAll('.plot canvas')]"
            #expect(
                try eventually {
                    try chromium.evaluate("\(charts).length > 0 && \(charts).every(c => c.width > 0)") as? Bool == true
                })
            let chartsWithTables = try chromium.evaluate(
                "\(charts).every(c => c.closest('section').querySelectorAll('table tbody tr').length > 0)")
            #expect(chartsWithTables as? Bool == true)
            usleep(800_000)
            try chromium.keepScreenshot("desktop")
            try chromium.setDark(true)
            usleep(300_000)
            try chromium.keepScreenshot("desktop-dark")
        }

        @Test("shows a new event within a second of its acknowledgement")
        func live() throws {
            let before = try #require(try figure("Quiz attempts"))
            let client = try WebSocketClient(port: host.port, path: "/wsapi/in/?ack=1&client=live&seq=1")
            for round in 1...3 {
                try client.send(
                    """
                    {"event_type":"module_quiz_completed","user_id":"newcomer","domain":"dsa","module":"arrays",\
                    "score":90,"time_taken":10}
                    """)
                try client.waitForAcknowledgement(of: round)
                let acknowledged = ContinuousClock.now
                let isShown = try eventually(seconds: 5) { try figure("Quiz attempts") == before + round }
                let waited = ContinuousClock.now - acknowledged
                #expect(isShown && waited < .seconds(1), "shown: \(isShown), after \(waited)")
            }
        }

        @Test("asks no other host for anything")
        func requests() throws {
            usleep(500_000)
            _ = try figure("Learners")
            #expect(!chromium.requests.isEmpty)
            let address = host.address
            #expect(
                chromium.requests.allSatisfy { $0.hasPrefix(address) || $0.hasPrefix("data:") || $0.hasPrefix("blob:") }
            )
        }

        @Test("needs no sideways scrolling on a phone")
        func phone() throws {
            try chromium.setViewport(width: 390, height: 844)
            usleep(800_000)
            #expect(
                try eventually(seconds: 10) {
                    try chromium.evaluate("document.documentElement.scrollWidth") as? Int ?? 0 <= 390
                })
            try chromium.keepScreenshot("phone")
        }
    }
}
