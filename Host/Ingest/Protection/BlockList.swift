package import Settings
import Synchronization

/// Which domains' events are taken, as rules say, and what the clients of the others are told. The rules are read again
/// when a file has changed. All members: any thread.
package final class BlockList: Sendable {
    private static let type = "incoming_events"
    private static let action = "blacklist_event_action"
    private static let limit = "blacklist_time_limit"

    private struct State {
        var rules: Rules
        /// Of the files when they were read; nil where there is none.
        var stamps: [FileStamp?]
        /// By domain, of the questions that were asked.
        var answers: [String?: Block?] = [:]
    }

    private let files: [String]
    private let state: Mutex<State>
    private let generation = Atomic<Int>(1)

    /// Answers that are kept; a client that makes domains up must not fill memory.
    private static let kept = 10_000

    /// - Throws: `RuleError` or `RuleFileError`, with the place.
    package init(files: [String]) throws {
        self.files = files
        let stamps = files.map(FileStamp.init)
        state = Mutex(State(rules: try Self.read(files), stamps: stamps))
    }

    /// Grows when the rules change.
    var version: Int { generation.load(ordering: .acquiring) }

    /// Declarations for incoming events that mean nothing, with what they might have meant.
    package var warnings: [String] {
        let rules = state.withLock { $0.rules }
        return rules.unread(types: [Self.type], properties: [Self.action, Self.limit]).map { declaration in
            "\(declaration.place): expected \(Self.action) or \(Self.limit), found \(declaration.property), which nothing reads"
        }
    }

    /// Reads the files again if one has changed. Returns whether it did.
    ///
    /// - Throws: as `init`; the rules before stay, until a file changes again.
    package func reload() throws -> Bool {
        let stamps = files.map(FileStamp.init)
        guard state.withLock({ $0.stamps != stamps }) else { return false }
        state.withLock { $0.stamps = stamps }
        let rules = try Self.read(files)
        state.withLock { $0 = State(rules: rules, stamps: stamps) }
        generation.wrappingAdd(1, ordering: .releasing)
        return true
    }

    /// What the rules say of events of a domain, or of none that is known; nil if they are taken.
    func block(domain: String?) -> Block? {
        state.withLock { state in
            if let known = state.answers[domain] { return known }
            let answer = Self.block(state.rules, domain)
            if state.answers.count < Self.kept { state.answers[domain] = answer }
            return answer
        }
    }

    /// The domain in a text: what stands behind the last `@`. A field may also hold a domain alone, an actor's id may not.
    package static func domain(of text: UnsafeRawBufferPointer, isActor: Bool) -> UnsafeRawBufferPointer? {
        guard let at = text.lastIndex(of: UInt8(ascii: "@")) else { return isActor || text.isEmpty ? nil : text }
        let domain = UnsafeRawBufferPointer(rebasing: text[(at + 1)...])
        return domain.isEmpty ? nil : domain
    }

    /// What the rules say of a domain, for people.
    package func verdict(domain: String?) -> (action: String, place: RulePlace?) {
        let block = block(domain: domain)
        return (block?.action.rawValue ?? Block.Action.transmit.rawValue, block?.place)
    }

    private static func block(_ rules: Rules, _ domain: String?) -> Block? {
        let question = RuleQuestion(types: [type], attributes: domain.map { ["domain": $0] } ?? [:])
        let said = rules.value(of: action, question)
        guard let said, let action = Block.Action(rawValue: said.value.uppercased()), action != .transmit else {
            return nil
        }
        let limit = rules.value(of: limit, question).flatMap { Block.Limit($0.value) }
        return Block(action: action, limit: limit ?? .named("MINUTES"), place: said.place)
    }

    private static func read(_ files: [String]) throws -> Rules {
        let rules = try Rules(files: files)
        for declaration in rules.declarations(of: action)
        where Block.Action(rawValue: declaration.value.uppercased()) == nil {
            throw RuleError(
                place: declaration.place, expected: "\(action): TRANSMIT, MAINTAIN or DROP",
                found: "“\(declaration.value)”")
        }
        for declaration in rules.declarations(of: limit) where Block.Limit(declaration.value) == nil {
            throw RuleError(
                place: declaration.place, expected: "\(limit): PERMANENT, MINUTES, DAYS or milliseconds",
                found: "“\(declaration.value)”")
        }
        return rules
    }
}
