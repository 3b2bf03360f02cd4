import Foundation
import Glibc
import Records

/// What a worker is to load.
package struct LoadRequest: Codable, Sendable {
    let file: String
    let path: String
    let identity: PluginIdentity
    let settings: String
    let derivedColumns: [String: Set<String>]

    init(_ staged: StagedPlugin, settings: String, derivedColumns: [String: Set<String>]) {
        self.derivedColumns = derivedColumns
        file = staged.file
        path = staged.path
        identity = staged.identity
        self.settings = settings
    }

    package init(_ build: PluginBuild) {
        file = build.file
        path = build.path
        identity = build.identity
        settings = build.settings
        derivedColumns = build.derivedColumns
    }

    package init(message: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(message))
    }

    /// Has a worker load it.
    package func send(to channel: WorkerChannel) {
        guard let json = try? JSONEncoder().encode(self) else { return }
        _ = json.withUnsafeBytes { channel.send(.load, $0) }
    }

    /// Loads it in this process, a worker, and tells the host what it found.
    package func load(for channel: WorkerChannel) -> Plugin? {
        let encoder = JSONEncoder()
        do throws(PluginRefusal) {
            let plugin = try Plugin(
                StagedPlugin(file: file, path: path, identity: identity), settings: settings,
                derivedColumns: derivedColumns
            ) { message in
                var body = WireWriter()
                body.write(message.level.rawValue)
                body.write(message.text)
                channel.send(.log, body.bytes)
            }
            if let json = try? encoder.encode(plugin.description) {
                _ = json.withUnsafeBytes { channel.send(.described, $0) }
            }
            return plugin
        } catch {
            if let json = try? encoder.encode(error) { _ = json.withUnsafeBytes { channel.send(.refused, $0) } }
            return nil
        }
    }
}

extension PluginMessage {
    /// What a worker's plugin wrote to the log.
    package init(_ message: [UInt8], plugin: String) throws {
        self = try message.withUnsafeBytes { bytes throws(MalformedMessage) in
            var reader = WireReader(bytes)
            return PluginMessage(
                plugin: plugin, level: Level(rawValue: try reader.integer()) ?? .info, text: try reader.text())
        }
    }
}

/// Loads a build in a process of its own that is then thrown away: whatever it does there, the host hears of it.
struct PluginProbe {
    let staged: StagedPlugin
    let settings: String
    let derivedColumns: [String: Set<String>]
    let limits: WorkerLimits
    let report: @Sendable (PluginMessage) -> Void

    /// What the build declares.
    func run() throws(PluginRefusal) -> PluginDescription {
        do {
            let process = try WorkerProcess(plugin: staged.identity.id)
            process.channel.setPatience(limits.deadline)
            LoadRequest(staged, settings: settings, derivedColumns: derivedColumns).send(to: process.channel)
            return try Self.description(from: process, limits, report)
        } catch let refusal as PluginRefusal {
            throw refusal
        } catch {
            throw refusal(found: "\(error)")
        }
    }

    /// What a worker that was told to load a build says of it.
    private static func description(
        from process: WorkerProcess, _ limits: WorkerLimits, _ report: (PluginMessage) -> Void
    ) throws -> PluginDescription {
        while let (kind, body) = try process.channel.receive() {
            switch kind {
            case .described: return try JSONDecoder().decode(PluginDescription.self, from: Data(body))
            case .refused: throw try JSONDecoder().decode(PluginRefusal.self, from: Data(body))
            case .log: report(try PluginMessage(body, plugin: ""))
            default: throw MalformedMessage("a message of kind \(kind) before the plugin's description")
            }
        }
        if errno == EAGAIN {
            process.kill()
            throw WorkerFailure("it took longer than \(limits.deadline), and was ended")
        }
        throw WorkerFailure("a process that \(process.wait()) while it loaded")
    }

    private func refusal(found: String) -> PluginRefusal {
        PluginRefusal(
            file: staged.file, field: "loading", wanted: "a library that loads and says what it is", found: found)
    }
}

extension WorkerChannel {
    /// How long `receive` waits before it gives up as if the other end were gone.
    func setPatience(_ duration: Duration) {
        var time = timeval(tv_sec: Int(duration.components.seconds), tv_usec: 0)
        if time.tv_sec == 0 { time.tv_usec = max(1000, Int(duration.components.attoseconds / 1_000_000_000_000)) }
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }
}
