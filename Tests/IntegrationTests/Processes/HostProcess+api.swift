import Foundation
import Testing

/// What a running host answers.
extension HostProcess {
    struct Answer {
        let status: Int
        let body: String
    }

    /// One request, made by curl. `options` come before the address.
    func request(_ path: String, _ options: [String] = []) throws -> Answer {
        let printed = try run("curl", ["-sS", "--max-time", "20", "-w", "\n%{http_code}"] + options + [address + path])
        var lines = printed.split(separator: "\n", omittingEmptySubsequences: false)
        let status = lines.removeLast()
        return Answer(status: Int(status) ?? 0, body: lines.joined(separator: "\n"))
    }

    /// A request of an operator.
    func operate(_ path: String, _ options: [String] = []) throws -> Answer {
        let tokens = try String(contentsOfFile: "\(data)/tokens", encoding: .utf8)
        let line = tokens.split(separator: "\n").first { $0.hasPrefix("operator ") }
        guard let token = line?.split(separator: " ").last else { throw Failure("no operator in \(data)/tokens") }
        return try request(path, options + ["-H", "Authorization: Bearer \(token)"])
    }

    func object(_ path: String) throws -> [String: Any] {
        let answer = try request(path)
        guard answer.status == 200 else { throw Failure("\(path): \(answer.status) \(answer.body)") }
        return try JSONRow.object(answer.body)
    }

    /// The rows of a table, the first thousand.
    func rows(of table: String) throws -> [[String: Any]] {
        try object("/api/v1/tables/\(table)?limit=1000")["rows"] as? [[String: Any]] ?? []
    }

    /// The sum of a whole-number column.
    func sum(of column: String, in table: String) throws -> Int {
        try rows(of: table).reduce(0) { $0 + ($1[column] as? Int ?? 0) }
    }

    /// All states of a reducer as `KEY STATE`, as the host shows them.
    func states(of plugin: String, _ reducer: String) throws -> [String] {
        var found: [String] = []
        var path: String? = "/api/v1/states/\(plugin)/\(reducer)?limit=1000"
        while let next = path {
            let body = try request(next).body
            // The states' own bytes count, so the text is cut, not decoded.
            for entry in body.components(separatedBy: "{\"key\":\"").dropFirst() {
                guard let middle = entry.range(of: "\",\"state\":"),
                    let end = entry.range(of: entry.hasSuffix("},") ? "}," : "}],\"next\":", options: .backwards)
                else { throw Failure("no state in \(entry)") }
                found.append("\(entry[..<middle.lowerBound]) \(entry[middle.upperBound..<end.lowerBound])")
            }
            path = try JSONRow.object(body)["next"] as? String
        }
        return found
    }

    /// Expects the states of a fold, byte by byte, as soon as the last checkpoint is stored.
    func expectStates(equal folded: Folded, seconds: Double = 20) throws {
        let expected = try folded.statesByComponent()
        #expect(!expected.isEmpty)
        for (component, states) in expected {
            let dot = component.firstIndex(of: ".")!
            let plugin = String(component[..<dot])
            let reducer = String(component[component.index(after: dot)...])
            let sorted = states.sorted()
            #expect(
                try eventually(seconds: seconds) { try self.states(of: plugin, reducer).sorted() == sorted },
                "\(component)")
        }
    }

    /// The processes in which plugins run.
    func workers() throws -> [pid_t] {
        try run("ps", ["-e", "-o", "pid=,ppid=,args="]).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count > 3, words[1] == "\(processID)", words[3] == "worker" else { return nil }
            return pid_t(words[0])
        }
    }

    /// A figure of `/metrics`, with its labels as they are written there.
    func metric(_ name: String) throws -> Int {
        let line = try request("/metrics").body.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        guard let text = line?.split(separator: " ").last, let value = Double(text) else {
            throw Failure("there is no metric \(name)")
        }
        return Int(value)
    }
}
