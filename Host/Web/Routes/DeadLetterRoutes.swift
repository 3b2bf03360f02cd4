import EventLog
import HTTPTypes
import Hummingbird
import NIOPosix

/// What could not be processed, for operators: `GET /api/v1/dead-letters?stage=&limit=&after=`.
struct DeadLetterRoutes {
    let letters: DeadLetters

    func add(to router: Router<WebRequestContext>) {
        router.get("/api/v1/dead-letters") { request, context in
            try context.require(.operator)
            return try await page(request)
        }
    }

    /// `{"counts": {stage: n}, "letters": […], "next"}`. A letter's bytes are `text` if they are UTF-8, else
    /// `original`, in base64.
    private func page(_ request: Request) async throws -> Response {
        let page = try PageRequest(request)
        let stage = try stage(request)
        let letters = letters
        let after = page.after.flatMap { UInt64($0) } ?? 0
        // Reads files.
        let found = try await NIOThreadPool.singleton.runIfActive {
            try letters.page(after: after, limit: page.limit + 1, stage: stage)
        }
        let shown = found.prefix(page.limit)
        let counts = letters.counts

        var json = JSONWriter()
        json.object { json in
            json.key("counts")
            json.object { json in
                for stage in DeadLetter.Stage.allCases { json.member(stage.rawValue, counts[stage] ?? 0) }
            }
            json.key("letters")
            json.array(shown) { json, letter in json.letter(letter.letter, id: letter.id) }
            json.key("next")
            let next = found.count > shown.count ? shown.last.map { "\($0.id)" } : nil
            json.next(next, page, path: request.uri.path, stage.map { ["stage": $0.rawValue] } ?? [:])
        }
        return .json(json)
    }

    private func stage(_ request: Request) throws -> DeadLetter.Stage? {
        guard let text = request.query("stage") else { return nil }
        guard let stage = DeadLetter.Stage(rawValue: text) else {
            let known = DeadLetter.Stage.allCases.map(\.rawValue).joined(separator: ", ")
            throw WebError(.badRequest, "wrong-stage", "stage=\(text): expected one of \(known).")
        }
        return stage
    }
}

extension JSONWriter {
    fileprivate mutating func letter(_ letter: DeadLetter, id: UInt64) {
        object { json in
            json.member("id", id)
            json.key("received")
            json.time(letter.received)
            json.member("stage", letter.stage.rawValue)
            json.member("code", letter.code.rawValue)
            json.member("reason", letter.reason)
            json.member("attempts", letter.attempts)
            if let component = letter.component { json.member("component", component) }
            if let build = letter.build { json.member("build", build) }
            if let partition = letter.partition { json.member("partition", partition) }
            if let position = letter.position { json.member("position", position) }
            if let client = letter.client { json.member("client", client) }
            if let sequence = letter.sequence { json.member("sequence", sequence) }
            if let text = String(validating: letter.original, as: UTF8.self) {
                json.member("text", text)
            } else {
                json.key("original")
                letter.original.withUnsafeBytes { json.base64($0) }
            }
        }
    }
}
