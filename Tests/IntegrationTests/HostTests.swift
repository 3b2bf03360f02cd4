import Foundation
import Testing

extension IntegrationTests {
    @Suite("A host")
    struct HostTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        @Test("is alive and ready")
        func health() throws {
            let host = try HostProcess(data: folder.path)
            #expect(try host.request("/livez").status == 200)
            #expect(try host.request("/readyz").status == 200)
            #expect(try host.stop() == .code(0))
        }

        @Test("says goodbye to open sockets on SIGTERM with 1001 and ends with 0 within its grace time")
        func openSockets() throws {
            let host = try HostProcess(data: folder.path)
            let polite = try (0..<3).map { _ in try WebSocketClient(port: host.port, path: "/wsapi/in/?ack=1&client=c")
            }
            // A stream that never ends by itself.
            let stream = try ChildProcess("curl", ["-sN", "\(host.address)/dashboards/quiz-analytics/class/stream"])
            #expect(try eventually { !stream.printed.isEmpty })
            host.askToStop()
            for socket in polite {
                var message = try socket.receive()
                while case .text = message { message = try socket.receive() }
                #expect(message == .close(1001))
                try socket.sendClose()
            }
            #expect(try host.waitForExit(seconds: 15) == .code(0))
        }

        @Test("ends with 0 even if its clients do not answer its goodbye")
        func silentSockets() throws {
            let host = try HostProcess(data: folder.path)
            let silent = try (0..<3).map { _ in try WebSocketClient(port: host.port, path: "/wsapi/in/") }
            #expect(try host.stop(seconds: 25) == .code(0))
            withExtendedLifetime(silent) {}
        }

        @Test("refuses what is no plugin, by file, field, wanted and found, and runs on with the others")
        func refusals() throws {
            let plugins = try TemporaryFolder()
            let good = try Installation.plugin("quiz-analytics")
            try plugins.copy(good, to: "a-good.so")
            try plugins.copy(good, to: "b-twin.so")
            try plugins.write(
                "c-cut.so", Data(contentsOf: URL(filePath: Installation.plugin("engagement"))).prefix(5_000))
            try plugins.write("d-text.so", "I am a text.\n".utf8)
            let host = try HostProcess(data: folder.path, plugins: plugins.path)
            for (file, field, found) in [
                ("b-twin.so", "id", "quiz-analytics"), ("c-cut.so", "file", "damaged"),
                ("d-text.so", "file", "13 bytes"),
            ] {
                let line = host.complained.split(separator: "\n").first {
                    $0.contains("\(file) refused: \(field): wanted ")
                }
                #expect(line?.contains("found") == true && line?.contains(found) == true, "\(file): \(host.complained)")
            }
            let report = try host.object("/api/v1/plugins")
            #expect((report["refused"] as? [String])?.count == 3)
            #expect((report["plugins"] as? [[String: Any]])?.map { $0["id"] as? String } == ["quiz-analytics"])
            #expect(try host.request("/readyz").status == 200)
        }

        @Test("refuses a second host on the same data, with a message that says so")
        func twoHosts() throws {
            let first = try HostProcess(data: folder.path)
            let second = try ChildProcess(
                Installation.lectern,
                [
                    "serve", "--data", folder.path, "--plugins", Installation.plugins, "--listen", "127.0.0.1:0",
                ])
            #expect(try second.wait(seconds: 20) == .code(1))
            #expect(second.complained.contains(folder.path), "\(second.complained)")
            #expect(first.isRunning)
        }

        @Test("lists every mistake in its settings at once, each with place, found and expected")
        func settings() throws {
            let file = try folder.write(
                "lectern.yaml", lines: ["kvs: {default: {type: sqlte}}", "ingest: {trus: loopback}"])
            let process = try ChildProcess(Installation.lectern, ["serve", "--config", file, "--data", folder.path])
            #expect(try process.wait(seconds: 20) == .code(1))
            #expect(process.complained.contains("lectern.yaml:1"), "\(process.complained)")
            #expect(process.complained.contains("lectern.yaml:2"))
            #expect(process.complained.contains("sqlite") && process.complained.contains("trust"))
        }
    }
}
