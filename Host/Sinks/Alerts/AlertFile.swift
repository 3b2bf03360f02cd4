import EventLog
import FoundationEssentials
import Glibc
import Rules

/// What is stored of alerts: a line of JSON for each that fires, and for each message that waits, in order.
package struct AlertFile {
    private struct Line: Codable {
        enum Kind: String, Codable { case firing, waiting }

        let kind: Kind
        let alert: Alert
    }

    var firing: [Alert] = []
    var waiting: [Alert] = []

    /// In the folder of alerts.
    package static func path(_ folder: String) -> String { "\(folder)/alerts.jsonl" }

    /// Nothing, if there is no file yet.
    static func load(_ path: String) throws -> AlertFile {
        var contents = AlertFile()
        guard access(path, F_OK) == 0 else { return contents }
        let bytes = try File(path, O_RDONLY).contents()
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let read = try? JSONDecoder().decode(Line.self, from: Data(line)) else {
                throw LogError(
                    .corrupt, "\(path):\(index + 1): not what this host has written there; restore it, or remove it")
            }
            switch read.kind {
            case .firing: contents.firing.append(read.alert)
            case .waiting: contents.waiting.append(read.alert)
            }
        }
        return contents
    }

    /// Replaces what is stored, in one step; on return it is on the disk.
    func store(_ path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var bytes: [UInt8] = []
        for line in firing.map({ Line(kind: .firing, alert: $0) }) + waiting.map({ Line(kind: .waiting, alert: $0) }) {
            do { bytes += try encoder.encode(line) } catch { throw LogError(.corrupt, "\(path): \(error)") }
            bytes.append(UInt8(ascii: "\n"))
        }
        try File.replace(path, with: bytes)
    }
}
