import Foundation
import Glibc
package import Records

/// Loads a build in a process of its own that is then thrown away: whatever it does there, the host hears of it.
struct BuildProbe {
    let staged: StagedPlugin
    let settings: String
    let derivedColumns: [String: Set<String>]
    let limits: WorkerLimits

    /// What the build declares, and the process, which answers what it is asked for as long as somebody holds it.
    func run() throws(PluginRefusal) -> (description: PluginDescription, process: WorkerProcess) {
        do {
            let process = try WorkerProcess(plugin: staged.identity.id)
            process.channel.setPatience(limits.deadline)
            LoadRequest(staged, settings: settings, derivedColumns: derivedColumns).send(to: process.channel)
            let description = try description(from: process)
            guard description.identity == staged.identity else {
                throw MalformedMessage("a description of \(description.identity.id), which is another build")
            }
            return (description, process)
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
        throw process.silence(since: began, limits, "while it loaded")
    }
}

extension WorkerProcess {
    /// Asks a process that only answers, and waits.
    ///
    /// - Parameter doing: what is asked, for people: `while it …`.
    package func ask(
        _ kind: WorkerMessageKind, _ question: borrowing Bytes, _ limits: WorkerLimits, _ doing: String
    ) throws -> [UInt8] {
        let began = MonotonicClock.microseconds
        channel.send(kind, question)
        while let (kind, body) = try channel.receive() {
            switch kind {
            case .answer: return body
            case .log: continue
            case .failed: throw MalformedMessage(try body.read { reader throws(MalformedMessage) in try reader.text() })
            default: throw MalformedMessage("a message of kind \(kind) \(doing)")
            }
        }
        throw silence(since: began, limits, doing)
    }

    /// Why it says no more: it has ended, or takes too long, and is ended.
    ///
    /// - Parameter began: when it was asked, on the monotonic clock.
    func silence(since began: Int64, _ limits: WorkerLimits, _ doing: String) -> WorkerFailure {
        if .microseconds(MonotonicClock.microseconds - began) >= limits.deadline {
            kill()
            return WorkerFailure("a process that took longer than \(limits.deadline) \(doing), and was ended")
        }
        return WorkerFailure("a process that \(wait()) \(doing)")
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
