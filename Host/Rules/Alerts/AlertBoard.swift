import Records

/// Which alerts fire: follows from what is found at each look, and from nothing else. A value type.
package struct AlertBoard: Sendable {
    /// What one look has found of one key for which a rule's condition holds.
    package struct Sight: Sendable {
        package let key: String
        package let value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    private struct Place: Hashable {
        let rule: String
        let key: String
    }

    private var firing: [Place: Alert] = [:]
    /// Since when conditions hold that have not held for long enough.
    private var waiting: [Place: Int64] = [:]
    private let limit: Int

    /// - Parameters:
    ///   - alerts: those that fired when the host ended.
    ///   - limit: alerts of one rule that fire at once, at most.
    package init(_ alerts: [Alert] = [], limit: Int) {
        self.limit = limit
        for alert in alerts { firing[Place(rule: alert.rule, key: alert.key)] = alert }
    }

    /// Those that fire, the newest first.
    package var alerts: [Alert] {
        firing.values.sorted { ($1.since, $0.rule, $0.key) < ($0.since, $1.rule, $1.key) }
    }

    /// Takes what a look has found for one rule.
    ///
    /// - Parameter now: microseconds since 1970 UTC.
    /// - Returns: the alerts that begin and end with it.
    package mutating func take(_ sights: [Sight], of rule: AlertRule, now: Int64) -> [Alert] {
        let seen = Set(sights.map(\.key))
        var changes = end(now) { $0.rule == rule.name && !seen.contains($0.key) }
        waiting = waiting.filter { $0.key.rule != rule.name || seen.contains($0.key.key) }
        var count = firing.keys.count { $0.rule == rule.name }
        for sight in sights {
            let place = Place(rule: rule.name, key: sight.key)
            guard firing[place] == nil else { continue }
            let since = waiting[place] ?? now
            guard now - since >= rule.hold, count < limit else {
                // Beyond the limit nothing is remembered but its beginning.
                if waiting.count < limit * 4 { waiting[place] = since }
                continue
            }
            waiting[place] = nil
            let text = Array("\(rule.name)\n\(sight.key)\n\(since)".utf8)
            let id = text.withUnsafeBytes { SHA256.hexadecimal(of: $0) }.prefix(24)
            let alert = Alert(id: String(id), rule: rule.name, key: sight.key, since: since, value: sight.value)
            firing[place] = alert
            count += 1
            changes.append(alert)
        }
        return changes
    }

    /// Ends the alerts of rules that there are no more.
    package mutating func keep(_ rules: [AlertRule], now: Int64) -> [Alert] {
        let names = Set(rules.map(\.name))
        return end(now) { !names.contains($0.rule) }
    }

    private mutating func end(_ now: Int64, _ isOver: (Place) -> Bool) -> [Alert] {
        firing.keys.filter(isOver).sorted { ($0.rule, $0.key) < ($1.rule, $1.key) }.compactMap { place in
            guard var alert = firing.removeValue(forKey: place) else { return nil }
            alert.state = .resolved
            alert.until = now
            return alert
        }
    }
}
