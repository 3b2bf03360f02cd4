import EventLog
import Records
import Web

extension TestServer {
    /// The actors of the log's events, in order.
    func actors() throws -> [String] { try records(.event).map { String(decoding: $0.actor, as: UTF8.self) } }

    /// The addresses in the log's session records, in order.
    func addresses() throws -> [String] {
        try records(.session).compactMap { record in
            let text = String(decoding: record.payload, as: UTF8.self)
            return text.split(separator: "\"ip\":\"").last?.prefix { $0 != "\"" }
        }.map(String.init)
    }

    private func records(_ kind: RecordKind) throws -> [(actor: [UInt8], payload: [UInt8])] {
        try log.flush()
        let cursor = try LogCursor(log, from: log.nextPositions.map { _ in 0 })
        var records: [(actor: [UInt8], payload: [UInt8])] = []
        while let chunk = try cursor.next(through: log.durableEnd) {
            for index in 0..<chunk.count where chunk[index].kind == kind {
                records.append((Array(chunk[index].actor), Array(chunk[index].payload)))
            }
        }
        return records
    }
}

extension ProxyList {
    static func list(_ networks: [String], _ header: String) -> ProxyList? {
        var wrong = ""
        return ProxyList(networks, header: Header(rawValue: header)!, wrong: &wrong)
    }
}
