import Foundation

/// What a running host shows of a plugin: its states and rows, the first thousand of each component.
struct ShownPlugin {
    /// The host's answers, which are read when somebody wants to know.
    private let answers: [(name: String, isTable: Bool, json: String)]

    private struct Listing: Decodable {
        struct Plugin: Decodable {
            let id: String
            let reducers: [String]
            let tables: [String]
        }
        let plugins: [Plugin]
    }

    /// Asks the host; empty if it does not have the plugin.
    init(_ plugin: String, of host: OperatorClient) throws {
        let listing = try JSONDecoder().decode(Listing.self, from: Data(try host.get("/api/v1/plugins").utf8))
        guard let found = listing.plugins.first(where: { $0.id == plugin }) else {
            answers = []
            return
        }
        answers =
            try found.reducers.map {
                ($0, false, try host.get("/api/v1/states/\(plugin)/\($0)?limit=1000"))
            }
            + found.tables.map { ($0, true, try host.get("/api/v1/tables/\(plugin)/\($0)?limit=1000")) }
    }

    func components() throws -> [ShownComponent] {
        try answers.map { answer in
            try answer.isTable
                ? ShownComponent(table: answer.name, answer: answer.json)
                : ShownComponent(reducer: answer.name, answer: answer.json)
        }
    }
}
