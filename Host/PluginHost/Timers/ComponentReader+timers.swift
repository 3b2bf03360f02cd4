import CPluginAPI

extension ComponentReader {
    /// The timers of reducers, by the reducers' indices.
    func timers(of reducers: [ReducerComponent]) throws(PluginRefusal) -> [Int: TimerComponent] {
        guard let list = table(LECTERN_TIMERS, as: lectern_timers.self) else { return [:] }
        var timers: [Int: TimerComponent] = [:]
        for index in 0..<Int(list.count) {
            guard let item = list.items?[index] else {
                throw refuse("timer \(index)", wanted: "a lectern_timer", found: "none")
            }
            let raw: lectern_timer = Self.copy(item)
            let id = raw.reducer.string
            guard let reducer = reducers.firstIndex(where: { $0.id == id }) else {
                throw refuse("timer \(index), reducer", wanted: "a reducer of this plugin", found: "“\(id)”")
            }
            guard timers[reducer] == nil else {
                throw refuse("timer of \(id)", wanted: "one of each reducer", found: "two of this")
            }
            try require(raw.due != nil, "due", of: "timer of \(id)")
            try require(raw.tick != nil, "tick", of: "timer of \(id)")
            timers[reducer] = TimerComponent(raw: raw)
        }
        return timers
    }
}
