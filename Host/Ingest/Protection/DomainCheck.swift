import CPluginAPI
import Records

/// Which of a connection's events a block list lets pass. Remembers the last answers: most events of a connection are of the
/// same domain. Not thread-safe.
struct DomainCheck {
    private struct Answer {
        var domain: [UInt8]
        var block: Block?
    }

    private var version = 0
    /// By place: the configured fields, and then the actor.
    private var answers: [Answer?] = []
    private var withoutDomain: Block?

    init() {}

    /// Why an event is not taken; nil if it is. Where it has several domains, the strictest rule counts: who is blocked by
    /// one must not pass by naming another.
    ///
    /// - Parameters:
    ///   - row: the event's, locked fields applied.
    ///   - slots: of the fields that may hold an address or a domain.
    mutating func block(
        _ row: UnsafePointer<lectern_value>, _ slots: [Int], actor: UnsafeRawBufferPointer, _ list: BlockList
    ) -> Block? {
        let current = list.version
        if version != current || answers.count != slots.count + 1 {
            version = current
            answers = Array(repeating: nil, count: slots.count + 1)
            withoutDomain = list.block(domain: nil)
        }
        var hasDomain = false
        var strictest: Block?
        for place in 0...slots.count {
            let text = place < slots.count ? row[slots[place]].text : actor
            guard let text, let domain = BlockList.domain(of: text, isActor: place == slots.count) else { continue }
            hasDomain = true
            if answers[place].map({ $0.domain.elementsEqual(domain) }) != true {
                answers[place] = Answer(
                    domain: Array(domain),
                    block: list.block(domain: String(decoding: domain, as: UTF8.self).lowercased()))
            }
            guard let block = answers[place]?.block else { continue }
            if strictest.map({ $0.action == .maintain && block.action == .drop }) ?? true { strictest = block }
        }
        return hasDomain ? strictest : withoutDomain
    }
}
