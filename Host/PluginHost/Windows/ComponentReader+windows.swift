import CPluginAPI

extension ComponentReader {
    /// The windows of reducers, by the reducers' indices.
    func windows(of reducers: [ReducerComponent]) throws(PluginRefusal) -> [Int: WindowComponent] {
        var windows: [Int: WindowComponent] = [:]
        if let list = table(LECTERN_WINDOWS, as: lectern_windows.self) {
            for index in 0..<Int(list.count) {
                guard let item = list.items?[index] else {
                    throw refuse("window \(index)", wanted: "a lectern_window", found: "none")
                }
                let raw: lectern_window = Self.copy(item)
                let id = raw.reducer.string
                guard let reducer = reducers.firstIndex(where: { $0.id == id }) else {
                    throw refuse("window \(index), reducer", wanted: "a reducer of this plugin", found: "“\(id)”")
                }
                guard windows[reducer] == nil else {
                    throw refuse("windows of \(id)", wanted: "one of each reducer", found: "two of this")
                }
                windows[reducer] = try window(raw, of: reducers[reducer])
            }
        }
        for (index, reducer) in reducers.enumerated() where windows[index] == nil {
            guard !reducer.key.contains(where: { $0.kind == .window }) else {
                throw refuse(
                    "reducer \(reducer.id), key", wanted: "windows for its part `window`", found: "none",
                    remedy: "declare them with \(LECTERN_WINDOWS); in Swift, make it a WindowedReducer")
            }
        }
        return windows
    }

    private func window(_ raw: lectern_window, of reducer: ReducerComponent) throws(PluginRefusal) -> WindowComponent {
        let name = "windows of \(reducer.id)"
        let parts = reducer.key.indices.filter { reducer.key[$0].kind == .window }
        guard let part = parts.first, parts.count == 1 else {
            throw refuse(name, wanted: "one part of the reducer's key that is the window", found: "\(parts.count)")
        }
        guard reducer.timer == nil else {
            throw refuse(name, wanted: "a reducer without a timer", found: "one with a timer")
        }
        /// Longer times than this could not be added to an event's.
        let longest: Int64 = 1_000 * 365 * 86_400_000_000
        func check(
            _ field: String, _ value: Int64, _ range: ClosedRange<Int64>, _ wanted: String
        ) throws(PluginRefusal) {
            guard range.contains(value) else {
                throw refuse("\(name), \(field)", wanted: "\(wanted), in microseconds", found: "\(value)")
            }
        }
        try check("length", raw.length, 1_000...longest, "1,000 to a thousand years")
        try check(
            "hop", raw.hop, max(1, raw.length / WindowDescription.most)...raw.length,
            "the length, \(raw.length), or at least a \(WindowDescription.most)th of it")
        guard raw.length % raw.hop == 0 else {
            throw refuse("\(name), hop", wanted: "a part of the length, \(raw.length)", found: "\(raw.hop)")
        }
        try check("offset", raw.offset, 0...raw.hop - 1, "less than the hop, \(raw.hop)")
        try check("disorder", raw.disorder, 0...longest, "0 to a thousand years")
        try check("grace", raw.grace, 0...longest, "0 to a thousand years")
        if raw.retention != .max {  // LECTERN_FOR_GOOD
            try check("retention", raw.retention, raw.grace...longest, "at least the grace, \(raw.grace)")
        }
        return WindowComponent(
            raw: raw,
            description: WindowDescription(
                length: raw.length, hop: raw.hop, offset: raw.offset, disorder: raw.disorder, grace: raw.grace,
                retention: raw.retention),
            part: part)
    }
}
