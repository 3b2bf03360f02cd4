import Records

/// What a store holds at one moment: what reading by key and by prefix is made of, in stores that keep states in piles.
protocol StoreSnapshot {
    associatedtype Pile: StatePile

    /// The value of a key that is no state's.
    func value(_ key: String) throws -> String?

    /// Values of keys that are no states', sorted by the keys' bytes, from behind `after` (nil: from the first).
    func values(prefix: String, after: String?, limit: Int) throws -> [StoreEntry]

    /// All piles, or those of one plugin, by rising id.
    func piles(plugin: String?) throws -> [Pile]
}

extension StoreSnapshot {
    func multiGet(_ keys: [String]) throws -> [String?] {
        var result = [String?](repeating: nil, count: keys.count)
        var stateKeys: [(index: Int, key: StateKey)] = []
        for (index, key) in keys.enumerated() {
            if let stateKey = StateKey(key) {
                stateKeys.append((index, stateKey))
            } else {
                result[index] = try value(key)
            }
        }
        for (plugin, wanted) in Dictionary(grouping: stateKeys, by: \.key.plugin) {
            let piles = try piles(plugin: plugin)
            let withExternal = Self.componentsWithExternal(piles)
            for pile in piles {
                let here = wanted.compactMap { index, key -> (index: Int, key: [UInt8])? in
                    guard result[index] == nil, pile.component.isComponent(of: key),
                        pile.isExternal == (key.scope == .external && withExternal.contains(pile.component)),
                        let (bytes, partition) = pile.component.bytes(of: key),
                        partition ?? pile.partition == pile.partition
                    else { return nil }
                    return (index, bytes)
                }
                if here.isEmpty { continue }
                for (wanted, value) in zip(here, try pile.find(here.map(\.key))) {
                    result[wanted.index] = try value.map { try pile.json($0) }
                }
            }
        }
        return result
    }

    /// A page of values and then of states, pile by pile. Without `withValues` the entries' values are empty.
    func scan(prefix: String, after text: String?, limit: Int, withValues: Bool) throws -> StorePage {
        precondition(limit > 0)
        var page = StorePage(entries: [], next: nil)
        var position = StatePosition.first
        if let text, !text.hasPrefix(valueCursor) {
            guard let parsed = StatePosition(text) else { throw StoreError.badCursor(text) }
            position = parsed
        } else {
            page.entries = try values(prefix: prefix, after: text.map { String($0.dropFirst()) }, limit: limit)
            if page.entries.count == limit {
                page.next = valueCursor + page.entries[limit - 1].key
                return page
            }
        }
        let piles = try piles(plugin: nil)
        let withExternal = Self.componentsWithExternal(piles)
        for pile in piles where pile.id >= position.pile {
            for scope in StateKey.Scope.allCases
            where !(pile.id == position.pile && scope == .internal && position.scope == .external) {
                let isShown =
                    pile.isExternal
                    ? scope == .external : scope == .internal || !withExternal.contains(pile.component)
                guard isShown, pile.component.header(scope).agrees(with: prefix) else { continue }
                let isResumed = pile.id == position.pile && scope == position.scope
                page.next = try pile.append(
                    to: &page, scope, from: isResumed ? position.hash : .min, prefix, limit, withValues)
                if page.next != nil { return page }
            }
        }
        return page
    }

    private static func componentsWithExternal(_ piles: [Pile]) -> Set<StateComponent> {
        Set(piles.filter(\.isExternal).map(\.component))
    }
}

extension StatePile {
    /// Adds the pile's states to a page. Returns the cursor for the next page if this one is full.
    fileprivate func append(
        to page: inout StorePage, _ scope: StateKey.Scope, from hash: Int64, _ prefix: String, _ limit: Int,
        _ withValues: Bool
    ) throws -> String? {
        var next: String?
        var lastHash: Int64?
        try forEachState(from: hash) { entry, hash in
            // States of one hash share a page, since a cursor can't stand between them.
            if page.entries.count >= limit && hash != lastHash {
                next = StatePosition(pile: id, scope: scope, hash: hash).text
                return false
            }
            guard let key = component.key(scope, entry.key, partition: partition) else { throw damaged }
            guard key.utf8.starts(with: prefix.utf8) else { return true }
            let value = withValues ? try entry.value.map { try json([UInt8]($0)) } : nil
            page.entries.append(StoreEntry(key: key, value: value ?? ""))
            lastHash = hash
            return true
        }
        return next
    }

    fileprivate func json(_ value: [UInt8]) throws -> String {
        if isExternal { return String(decoding: value, as: UTF8.self) }
        guard let json = CBOR.json(of: value) else {
            let header = component.header(.internal)
            throw StoreError.corrupt(place: "a state of \(header) in partition \(partition)", found: "no CBOR item")
        }
        return json
    }
}

extension String {
    /// Whether one begins with the other.
    fileprivate func agrees(with prefix: String) -> Bool { zip(utf8, prefix.utf8).allSatisfy { $0 == $1 } }
}
