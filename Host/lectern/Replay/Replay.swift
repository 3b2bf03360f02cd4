import Glibc
import Records
import Reduction

/// Sends the lines of a file to a host, and nothing that the host has already.
struct Replay {
    let input: ReplayInput
    let sending: SendingOptions
    let address: HostAddress
    var connections = 1
    var actors: [String] = []
    /// Lines a second; nil: as fast as the host takes them.
    var rate: Double?
    /// The longest line, in bytes.
    var lineLimit = 4 << 20

    struct Progress {
        let bytes: Int
        let size: Int?
        let sent: Int
        let acknowledged: UInt64
    }

    /// Returns when every line is durable, in the log or in the dead letters.
    func run(into report: inout SendingReport, _ progress: (Progress) -> Void) throws {
        // How a source's lines name their actor is the source's knowledge, so they keep their order on one connection.
        let count = input.input.source == nil ? connections : 1
        let clients = count == 1 ? [input.client] : (1...count).map { "\(input.client)/\($0)-of-\(count)" }
        let destination = try sending.destination(address, source: input.input.source)
        let publisher = sending.publisher(destination, clients: clients, after: report.acknowledged)
        let file = try LineReader(input.input.path, limit: lineLimit)
        let router = LineRouter(connections: count, actors: actors)
        var known = try publisher.start()
        var (sent, skipped) = (0, 0)
        let began = MonotonicClock.microseconds
        defer { report.count(publisher, events: sent + skipped, skipped: skipped) }
        try file.forEach { line in
            guard input.input.source != nil || !Self.isBlank(line) else { return true }
            let connection = router.connection(of: line)
            guard known[connection] == 0 else {
                known[connection] -= 1
                skipped += 1
                return true
            }
            if let rate { try publisher.wait(until: began + Int64(Double(sent) / rate * 1e6)) }
            try publisher.send(line, over: connection)
            sent += 1
            return true
        } moving: {
            // What a pipe has given so far does not wait for more.
            try publisher.turn()
            progress(Progress(bytes: file.consumed, size: file.size, sent: sent, acknowledged: publisher.acknowledged))
        }
        try publisher.flush()
        publisher.close()
    }

    private static func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
        line.allSatisfy { $0 == 32 || $0 == 9 || $0 == 13 }
    }
}
