import Foundation
import Glibc
import Records

/// Loads a build in a process of its own that is then thrown away: whatever it does there, the host hears of it.
struct BuildProbe {
    let staged: StagedPlugin
    let settings: String
    let derivedColumns: [String: Set<String>]
    let limits: WorkerLimits

    /// What the build declares.
    func run() throws(PluginRefusal) -> PluginDescription {
        do {
            let process = try WorkerProcess(plugin: staged.identity.id)
            process.channel.setPatience(limits.deadline)
            LoadRequest(staged, settings: settings, derivedColumns: derivedColumns).send(to: process.channel)
            let description = try description(from: process)
            guard description.identity == staged.identity else {
                throw MalformedMessage("a description of \(description.identity.id), which is another build")
            }
            return description
        } catch let refusal as PluginRefusal {
            throw refusal
        } catch {
            throw PluginRefusal(
                file: staged.file, field: "loading", wanted: "a library that loads and says what it is",
                found: "\(error)")
        }
    }

    /// What a worker that was told to load a build says of it.
    private func description(from process: WorkerProcess) throws -> PluginDescription {
        let began = MonotonicClock.microseconds
        while let (kind, body) = try process.channel.receive() {
            switch kind {
            case .described: return try JSONDecoder().decode(PluginDescription.self, from: Data(body))
            case .refused: throw try JSONDecoder().decode(PluginRefusal.self, from: Data(body))
            // Whoever loads it next will say the same.
            case .log: continue
            default: throw MalformedMessage("a message of kind \(kind) before the plugin's description")
            }
        }
        if .microseconds(MonotonicClock.microseconds - began) >= limits.deadline {
            process.kill()
            throw WorkerFailure("a process that took longer than \(limits.deadline), and was ended")
        }
        throw WorkerFailure("a process that \(process.wait()) while it loaded")
    }
}

extension WorkerChannel {
    /// How long `receive` waits before it gives up as if the other end were gone.
    fileprivate func setPatience(_ duration: Duration) {
        var time = timeval(tv_sec: Int(duration.components.seconds), tv_usec: 0)
        if time.tv_sec == 0 { time.tv_usec = max(1000, Int(duration.components.attoseconds / 1_000_000_000_000)) }
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }
}
