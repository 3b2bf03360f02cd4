import Enrichment
import Foundation
import Settings
import Testing

/// Answers from a file.
@Suite("A file") struct FileSourceTests {
    private let folder = FileManager.default.temporaryDirectory.path + "/enrichment-\(UUID().uuidString)"

    /// An enrichment from a file of this name.
    private func rig(_ name: String, _ text: String, key: [String]) throws -> (Enrichment, EnrichmentRig, String) {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = "\(folder)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: path))
        let rig = EnrichmentRig()
        var configuration = EnrichmentConfiguration()
        configuration.sources = [
            "file": SourceConfiguration(.file(.init(path: path, format: name.hasSuffix("csv") ? .csv : .jsonl)))
        ]
        var enricher = EnrichmentConfiguration.Enricher(source: "file")
        enricher.key = key
        configuration.enrichers = ["user-context": enricher]
        let enrichment = Enrichment(configuration, clock: { rig.clock.now }, report: { rig.reports.add($0) })
        enrichment.use([EnrichingPlugin(id: "context", enrichers: [EnrichmentRig.user])])
        return (enrichment, rig, path)
    }

    private func country(of actor: String, _ enrichment: Enrichment, _ rig: EnrichmentRig) throws -> String {
        var reader: EnrichmentReader?
        var version = 0
        enrichment.refresh(&reader, version: &version)
        let made = try #require(reader)
        let lookups = try #require(rig.begin(made, actor: actor))
        waitUntil { lookups.isComplete }
        return rig.write(made, lookups)
    }

    @Test("of comma-separated values says what its rows say") func csv() throws {
        let (enrichment, rig, _) = try rig(
            "users.csv", "id,country,attempts\r\nada,\"D,\"\"E\"\"\",7\r\n\r\nbob,FR,\r\n", key: ["id"])
        #expect(
            try country(of: "ada", enrichment, rig)
                == #"{"enrichment":{"user_context":"fresh"},"user_context":{"country":"D,\"E\"","attempts":7}}"#)
        #expect(
            try country(of: "bob", enrichment, rig)
                == #"{"enrichment":{"user_context":"fresh"},"user_context":{"country":"FR"}}"#)
        #expect(try country(of: "eve", enrichment, rig).contains(#""missing""#))
    }

    @Test("of JSON lines, too") func lines() throws {
        let (enrichment, rig, _) = try rig(
            "users.jsonl", "{\"actor\":\"ada\",\"country\":\"DE\",\"attempts\":7}\n", key: [])
        #expect(try country(of: "ada", enrichment, rig).contains(#"{"country":"DE","attempts":7}"#))
    }

    @Test("is read again when it changes") func change() throws {
        let (enrichment, rig, path) = try rig("users.csv", "id,country\nada,DE\n", key: ["id"])
        #expect(try country(of: "ada", enrichment, rig).contains("DE"))
        try Data("id,country\nada,Austria\n".utf8).write(to: URL(filePath: path))
        rig.clock.advance(seconds: 301)
        #expect(try country(of: "ada", enrichment, rig).contains("Austria"))
    }

    @Test("that can't be read is said to the operator, with the place") func mistakes() throws {
        let (enrichment, rig, path) = try rig("users.csv", "id,country\nada,DE,7\n", key: ["id"])
        for number in 0..<5 { #expect(try country(of: "s\(number)", enrichment, rig).contains("missing")) }
        #expect(rig.reports.all.first?.contains("\(path), line 2: expected 2 values, found 3") == true)
    }

    @Test("without the columns of the key is a mistake") func columns() throws {
        let (enrichment, rig, path) = try rig("users.csv", "id,country\nada,DE\n", key: ["user"])
        for number in 0..<5 { _ = try country(of: "s\(number)", enrichment, rig) }
        #expect(rig.reports.all.first?.contains("\(path): no row has the columns user") == true)
    }
}
