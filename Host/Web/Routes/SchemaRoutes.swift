import HTTPTypes
import Hummingbird
import Ingest
import Records

/// What published events hold, as JSON Schemas: for whoever writes a client, so nobody needs a token to read them.
struct SchemaRoutes {
    static let path = "/api/v1/schemas"

    func add(to router: Router<WebRequestContext>) {
        router.get("\(Self.path)") { _, _ in Response.json(listing()) }
        router.get("\(Self.path)/{type}") { _, context in
            let type = try context.parameters.require("type")
            guard let schema = PublishedEvent.allCases.map(\.schema).first(where: { $0.type == type }) else {
                let known = PublishedEvent.allCases.map(\.schema.type).joined(separator: ", ")
                throw WebError.notFound("There is no schema of events \"\(type)\"; there are: \(known).")
            }
            return Response.text(document(schema).bytes.string, type: "application/schema+json")
        }
    }

    /// `{"schemas": [{"type", "title", "schema", "publish"}]}`, the last two addresses.
    private func listing() -> JSONWriter {
        var json = JSONWriter()
        json.object { json in
            json.key("schemas")
            json.array(PublishedEvent.allCases) { json, event in
                json.object { json in
                    json.member("type", event.schema.type)
                    json.member("title", event.schema.title)
                    json.member("schema", "\(Self.path)/\(event.schema.type)")
                    json.member("publish", "/api/events/\(event.rawValue)")
                }
            }
        }
        return json
    }

    private func document(_ schema: EventSchema) -> JSONWriter {
        var json = JSONWriter()
        json.object { json in
            json.member("$schema", "https://json-schema.org/draft/2020-12/schema")
            json.member("$id", "\(Self.path)/\(schema.type)")
            json.member("title", schema.title)
            json.member("description", schema.about)
            json.member("type", "object")
            json.key("properties")
            json.object { json in
                for field in schema.fields {
                    json.key(field.name)
                    json.object { $0.describe(field) }
                }
            }
            json.key("required")
            json.array(schema.fields.filter(\.isRequired)) { $0.text($1.name) }
        }
        return json
    }
}

extension JSONWriter {
    /// The members of a field's schema. What is not required may be null as well.
    fileprivate mutating func describe(_ field: EventSchema.Field) {
        member("description", field.about)
        let others = field.isRequired ? [] : ["null"]
        switch field.form {
        case .text(let longest):
            types(["string"] + others)
            member("minLength", 1)
            // The check counts bytes, of which a character has at least one.
            member("maxLength", longest)
        case .number(let range):
            types(["number"] + others)
            key("minimum")
            number(range.lowerBound)
            key("maximum")
            number(range.upperBound)
        case .choice(let texts):
            key("enum")
            array { json in
                for text in texts { json.text(text) }
                if !field.isRequired { json.null() }
            }
        case .time:
            types(["string", "number"] + others)
            member("format", "date-time")
        }
    }

    private mutating func types(_ names: [String]) {
        key("type")
        if names.count == 1 { text(names[0]) } else { array(names) { $0.text($1) } }
    }
}
