import Foundation
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
            ) { $0.send(to: channel) }
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
    /// Tells the host, from a worker.
    package func send(to channel: WorkerChannel) {
        var body = WireWriter()
        body.write(level.rawValue)
        body.write(text)
        channel.send(.log, body.bytes)
    }

    /// What a worker's plugin wrote to the log.
    package init(_ message: [UInt8], plugin: String) throws {
        self = try message.read { reader throws(MalformedMessage) in
            PluginMessage(
                plugin: plugin, level: Level(rawValue: try reader.integer()) ?? .info, text: try reader.text())
        }
    }
}
