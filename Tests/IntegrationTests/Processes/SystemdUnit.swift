import Foundation

/// A unit of systemd, as far as tests need it: keys and values of its sections.
struct SystemdUnit {
    private let entries: [(section: String, key: String, value: String)]

    init(_ path: String) throws {
        var section = ""
        var entries: [(String, String, String)] = []
        for line in try lines(of: path) where !line.isEmpty && !line.hasPrefix("#") {
            if line.hasPrefix("[") {
                section = String(line.dropFirst().dropLast())
            } else if let equals = line.firstIndex(of: "=") {
                entries.append((section, String(line[..<equals]), String(line[line.index(after: equals)...])))
            }
        }
        self.entries = entries
    }

    func values(_ section: String, _ key: String) -> [String] {
        entries.filter { $0.section == section && $0.key == key && !$0.value.isEmpty }.map(\.value)
    }

    /// The programs that it runs.
    var programs: [String] {
        (values("Service", "ExecStartPre") + values("Service", "ExecStart")).map { command in
            String(command.drop { "+-@!:".contains($0) }.prefix { $0 != " " })
        }
    }
}
