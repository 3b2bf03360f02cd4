import Foundation
import Testing
import Web

/// `GET /api/v1/schemas`, over real connections.
struct SchemaRouteTests {
    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func thereIsOneForEachAddress() async throws {
        try await TestServer.run { server in
            let listing = try object(try await server.request("GET", "/api/v1/schemas").body)
            let schemas = try #require(listing["schemas"] as? [[String: String]])
            #expect(
                schemas.map { $0["publish"] }
                    == ["login", "domain", "diagnostic", "quiz", "completion", "revision"].map { "/api/events/\($0)" })
            for entry in schemas {
                let answer = try await server.request("GET", try #require(entry["schema"]))
                #expect(answer.headers["content-type"] == "application/schema+json")
                let schema = try object(answer.body)
                #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
                #expect(schema["$id"] as? String == entry["schema"])
                #expect(schema["type"] as? String == "object")
                let properties = try #require(schema["properties"] as? [String: [String: Any]])
                let required = try #require(schema["required"] as? [String])
                #expect(required.contains("user_id") && required.allSatisfy { properties[$0] != nil })
                let types = try #require(properties["event_type"]?["enum"] as? [Any])
                #expect(types.count == 2 && types[0] as? String == entry["type"] && types[1] is NSNull)
            }
        }
    }

    @Test func aFieldHasItsTypeAndRange() async throws {
        try await TestServer.run { server in
            let schema = try object(try await server.request("GET", "/api/v1/schemas/module_quiz_completed").body)
            let properties = try #require(schema["properties"] as? [String: [String: Any]])
            let score = try #require(properties["score"])
            #expect(
                score["type"] as? String == "number" && score["minimum"] as? Double == 0
                    && score["maximum"] as? Double == 100)
            #expect(
                properties["module"]?["type"] as? String == "string" && properties["module"]?["minLength"] as? Int == 1)
            #expect(properties["time_taken"]?["type"] as? [String] == ["number", "null"])
            #expect(properties["timestamp"]?["format"] as? String == "date-time")
        }
    }

    @Test func anUnknownTypeIsToldWhichThereAre() async throws {
        try await TestServer.run { server in
            let answer = try await server.request("GET", "/api/v1/schemas/quiz")
            #expect(answer.status == 404 && answer.body.contains("module_quiz_completed"))
        }
    }
}
