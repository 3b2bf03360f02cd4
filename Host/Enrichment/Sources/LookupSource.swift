package import Records

/// What is asked of a source.
package struct Question: Sendable {
    /// What is looked up by, in the order of the enricher's key.
    package let parts: [String]
    /// What the parts are called.
    package let names: [String]
    /// What the operator's settings say of the enricher; the query is the plugin's where they have none.
    package let enricher: EnrichmentConfiguration.Enricher
}

/// Where answers come from. Each is used by one thread.
package protocol LookupSource: AnyObject {
    /// Looks up one key. Blocks, but no longer than the source's time-out.
    ///
    /// - Returns: the members of the answer; nil: the source knows nothing of the key.
    func look(up question: Question) throws(LookupFailure) -> [String: JSONTree]?
}

/// Why there is no answer, for the operator. It names no student.
package enum LookupFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The source can't be reached, or has not answered in time.
    case away(String)
    /// It has answered, but not the question.
    case refused(String)

    package var description: String {
        switch self {
        case .away(let reason), .refused(let reason): reason
        }
    }

    /// The same with `$1`, `$2` … in place of what was looked up by, which a source may repeat.
    func without(_ parts: [String]) -> LookupFailure {
        func clean(_ text: String) -> String {
            parts.enumerated().reduce(text) { text, part in
                part.element.isEmpty ? text : text.replacing(part.element, with: "$\(part.offset + 1)")
            }
        }
        switch self {
        case .away(let reason): return .away(clean(reason))
        case .refused(let reason): return .refused(clean(reason))
        }
    }
}
