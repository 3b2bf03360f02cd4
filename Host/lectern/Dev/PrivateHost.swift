import FoundationEssentials
import Glibc
import Records

/// A host for one author alone: `lectern serve` with a folder of its own, which is gone with it. A process of its own, so
/// what goes wrong ends this host and nothing else. Not thread-safe.
final class PrivateHost {
    /// Where it loads plugins from.
    let plugins: String
    private(set) var address: HostAddress?
    private let folder: String
    let settings: SettingsOptions
    private var listen: String
    private var process: RunningProgram?
    private var shown = 0

    /// - Parameters:
    ///   - settings: for the host and its plugins; what a host on one's own machine needs is set before them.
    ///   - listen: port 0 picks a free one, which it keeps.
    init(_ settings: SettingsOptions, listen: String) throws {
        self.settings = settings
        self.listen = listen
        folder = try Folder.temporary()
        plugins = "\(folder)/plugins"
        try Folder.make(plugins)
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    var isRunning: Bool { process?.isRunning ?? false }

    /// Waits whether it ends soon.
    func hasEnded(within seconds: Double) -> Bool { process?.wait(seconds: seconds) != nil }

    /// Starts it and waits until it accepts connections.
    func start() throws {
        var arguments = ["serve", "--ends-with-parent", "--data", "\(folder)/data", "--plugins", plugins]
        arguments += ["--listen", listen]
        // Who ends it does not want to wait, and nothing in it is worth a sync.
        for setting in ["ingest.trust=loopback", "web.drain=0s", "log.sync=false"] { arguments += ["--set", setting] }
        if let file = settings.config { arguments += ["--config", file] }
        for assignment in settings.assignments { arguments += ["--set", assignment] }
        let output = try file("output"), errors = try file("errors")
        defer {
            close(output)
            close(errors)
        }
        shown = 0
        let process = try RunningProgram(
            Program(name: Folder.program, arguments: arguments), output: output, errors: errors, group: true)
        self.process = process
        let limit = MonotonicClock.microseconds + 30_000_000
        while true {
            let printed = text("output")
            if let line = printed.split(separator: "\n").first(where: { $0.hasPrefix("lectern ready ") }) {
                let address = try HostAddress(url: String(line.dropFirst("lectern ready ".count)))
                listen = address.authority
                return self.address = address
            }
            guard process.isRunning, MonotonicClock.microseconds < limit else {
                throw InputFailure("the private host did not start: \(text("errors"))")
            }
            usleep(2_000)
        }
    }

    /// Ends it as SIGTERM does; what takes too long is cut off.
    func stop() {
        process?.send(SIGTERM)
        if process?.wait(seconds: 10) == nil { process?.send(SIGKILL) }
        _ = process?.wait()
        process = nil
    }

    /// Forgets all events and states. It must have been stopped.
    func clear() { try? FileManager.default.removeItem(atPath: "\(folder)/data") }

    /// A client with the rights of an operator.
    func client() throws -> OperatorClient {
        guard let address else { throw InputFailure("the private host has not been started") }
        return try OperatorClient(address, tokenFile: "\(folder)/data/tokens")
    }

    /// What it has said since the last call.
    func complaints() -> [String] {
        let text = text("errors")
        defer { shown = text.utf8.count }
        return text.utf8.dropFirst(shown).split(separator: 10).compactMap { String($0) }
    }

    private func file(_ name: String) throws -> Int32 {
        let descriptor = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw InputFailure("\(folder)/\(name): \(String(cString: strerror(errno)))") }
        return descriptor
    }

    private func text(_ name: String) -> String {
        let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data()
        return String(decoding: bytes, as: UTF8.self)
    }
}
