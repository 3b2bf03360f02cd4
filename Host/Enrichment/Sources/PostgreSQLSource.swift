import FoundationEssentials
import PostgreSQL
import Records

/// Looks up by a query: the first row's columns are the members.
final class PostgreSQLSource: LookupSource {
    private let configuration: PostgreSQLConfiguration
    private var connection: PostgreSQLConnection<LookupFailure>?

    init(_ configuration: PostgreSQLConfiguration) { self.configuration = configuration }

    func look(up question: Question) throws(LookupFailure) -> [String: JSONTree]? {
        let isNew = connection == nil
        do throws(LookupFailure) {
            return try ask(question)
        } catch .away(let reason) {
            connection = nil
            // An idle connection may have been closed long ago.
            guard !isNew, !reason.hasPrefix(Self.silence) else { throw .away(reason) }
            return try ask(question)
        }
    }

    /// How the reason begins if the time was over: then a second attempt would take as long again.
    private static let silence = "it did not answer"

    private func ask(_ question: Question) throws(LookupFailure) -> [String: JSONTree]? {
        let connection = try connected()
        var query = question.enricher.query
        while let last = query.last, last == ";" || last.isWhitespace { query.removeLast() }
        // The database says what the columns are.
        let rows = try connection.run(
            "SELECT to_jsonb(answer) FROM (\(query)) AS answer LIMIT 1", question.parts, to: "run the query")
        guard let json = rows.first?.first ?? nil else { return nil }
        guard case .object(let members) = try? JSONDecoder().decode(JSONTree.self, from: Data(json.utf8)) else {
            throw .refused("the query's first row is no object")
        }
        return members
    }

    private func connected() throws(LookupFailure) -> PostgreSQLConnection<LookupFailure> {
        if let connection { return connection }
        let connection = try PostgreSQLConnection<LookupFailure>(configuration)
        // Nothing that is looked up changes anything.
        try connection.run("SET default_transaction_read_only = on", to: "begin to read only")
        self.connection = connection
        return connection
    }
}

extension LookupFailure: PostgreSQLFailure {
    package static func refused(action: String, reason: String) -> LookupFailure {
        .refused("the database refused to \(action): \(reason)")
    }
}
