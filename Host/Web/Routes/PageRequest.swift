import HTTPTypes
import Hummingbird

/// Which part of a long answer is wanted: `?limit=100&after=CURSOR`.
struct PageRequest {
    /// At most this many; 1 to 1,000.
    let limit: Int
    /// What the page before said; nil: the first page.
    let after: String?

    /// - Throws: `WebError` 400.
    init(_ request: Request) throws {
        after = request.query("after")
        guard let text = request.query("limit") else {
            limit = 100
            return
        }
        guard let limit = Int(text), (1...1000).contains(limit) else {
            throw WebError(.badRequest, "wrong-limit", "limit=\(text): expected a whole number from 1 to 1000.")
        }
        self.limit = limit
    }
}

extension JSONWriter {
    /// The address of the next page, or null. `others` are the request's other parameters.
    mutating func next(_ cursor: String?, _ page: PageRequest, path: String, _ others: [String: String] = [:]) {
        guard let cursor else { return null() }
        let own = ["limit": "\(page.limit)", "after": cursor]
        text(path + Address.query(own.merging(others) { own, _ in own }))
    }
}
