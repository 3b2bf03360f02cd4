import Foundation

/// `lectern serve` with a data folder of its own, which takes the word of clients on this machine for their actors.
final class HostProcess {
    let data: String
    private(set) var port: UInt16 = 0
    private let plugins: String
    private let settings: [String]
    private let config: String?
    private var process: ChildProcess

    /// Starts and waits until the host accepts connections.
    ///
    /// - Parameters:
    ///   - settings: `a.b=VALUE`, which win over the file `config`.
    init(
        data: String, plugins: String = Installation.plugins, settings: [String] = ["ingest.trust=loopback"],
        config: String? = nil
    ) throws {
        self.data = data
        self.plugins = plugins
        self.settings = settings
        self.config = config
        process = try Self.start(data, plugins, settings, config, port: 0)
        try waitUntilReady()
    }

    private static func start(
        _ data: String, _ plugins: String, _ settings: [String], _ config: String?, port: UInt16
    ) throws -> ChildProcess {
        var arguments = ["serve", "--data", data, "--plugins", plugins, "--listen", "127.0.0.1:\(port)"]
        if let config { arguments += ["--config", config] }
        for setting in settings { arguments += ["--set", setting] }
        return try ChildProcess(Installation.lectern, arguments)
    }

    var address: String { "http://127.0.0.1:\(port)" }
    /// What it has written to standard error since its last start.
    var complained: String { process.complained }
    var isRunning: Bool { process.isRunning }
    var processID: pid_t { process.id }

    func crash() { process.crash() }

    /// SIGTERM.
    func stop(seconds: Double = 20) throws -> ChildProcess.Exit {
        process.send(SIGTERM)
        return try process.wait(seconds: seconds)
    }

    /// SIGTERM, without waiting.
    func askToStop() { process.send(SIGTERM) }
    func waitForExit(seconds: Double) throws -> ChildProcess.Exit { try process.wait(seconds: seconds) }

    /// Starts it again with the same data, at the same address.
    func restart() throws {
        process = try Self.start(data, plugins, settings, config, port: port)
        try waitUntilReady()
    }

    private func waitUntilReady() throws {
        let isReady = try eventually(seconds: 20) {
            guard process.isRunning else { throw Failure("the host ended: \(process.complained)") }
            guard
                let line = process.printed.split(separator: "\n").first(where: { $0.hasPrefix("lectern ready http://") }
                ),
                let port = line.split(separator: ":").last.flatMap({ UInt16($0) })
            else { return false }
            self.port = port
            return true
        }
        if !isReady { throw Failure("the host was not ready within 20 seconds: \(process.complained)") }
    }
}
