import Foundation
import Settings

extension DedupRules {
    /// What holds where the section says nothing: the ids of attempts, sessions and placements.
    package static var usual: DedupRules {
        let day: UInt32 = 86_400
        let session = DedupRule(field: "session_id", retention: day / 2)
        return DedupRules(types: [
            "attempt*": DedupRule(field: "client_attempt_id", retention: day),
            // A type each: a session's other events have its id as well, and many of a type.
            "session_start": session, "session_started": session, "session_end": session, "session_ended": session,
            "placement*": DedupRule(field: "placement_id", retention: 7 * day),
        ])
    }

    /// The section `dedup`.
    ///
    ///     dedup:
    ///       conflict: dead_letter           # an id that came before with other content; or drop: nobody compares
    ///       ignored: [sent_at]              # members that may differ
    ///       types:
    ///         attempt*: {field: client_attempt_id, retention: 24h}
    ///         session_start: {field: session_id, retention: 12h}
    ///       field: event_id                 # of all other types
    ///       scope: [actor, type]            # what an id is unique in
    init(_ section: SettingsReader, partitions: Int) {
        self.init()
        let types = section.section("types")
        let usual = section.has("field") || section.has("types") ? [:] : Self.usual.types
        for (name, rule) in types.sections() {
            self.types[name] = DedupRule(rule, partitions, default: nil)
            rule.finish()
        }
        for (name, rule) in usual.sorted(by: { $0.key < $1.key }) {
            self.types[name] = DedupRule(types.section(name), partitions, default: rule)
        }
        if section.has("field") { others = DedupRule(section, partitions, default: nil) }
        conflict = section.choice("conflict", default: conflict)
        ignored = section.strings("ignored", default: [])
        section.finish()
    }

    var message: [UInt8] { (try? JSONEncoder().encode(self)).map { [UInt8]($0) } ?? [] }

    init?(message: [UInt8]) {
        guard let rules = try? JSONDecoder().decode(Self.self, from: Data(message)) else { return nil }
        self = rules
    }
}

extension DedupRule {
    /// - Parameter partitions: of the log.
    fileprivate init(_ section: SettingsReader, _ partitions: Int, default rule: DedupRule?) {
        self.init(
            field: rule.map { section.string("field", default: $0.field) } ?? section.string("field"),
            retention: rule?.retention)
        var scope: Set<Scope> = []
        for name in section.strings("scope", default: ["actor", "type"]) {
            if let part = Scope(rawValue: name) {
                scope.insert(part)
            } else {
                section.problem("scope", found: "“\(name)”", expected: "some of actor, type")
            }
        }
        self.scope = scope
        if section.has("retention") || rule?.retention != nil {
            let length = section.duration(
                "retention", default: .seconds(Int64(rule?.retention ?? 0)), in: .seconds(1) ... .seconds(Int32.max))
            retention = UInt32(length.seconds.rounded(.up))
        }
        let acrossActors = section.boolean("acrossActors", default: false)
        if !scope.contains(.actor), partitions > 1, !acrossActors {
            section.problem(
                "scope", found: "a scope without actor, in \(partitions) partitions", expected: "`actor` in the scope",
                remedy: "duplicates are found within a partition: keep actor, or set log.partitions to 1, or say "
                    + "acrossActors: true if an id always comes with the same actor")
        }
    }
}
