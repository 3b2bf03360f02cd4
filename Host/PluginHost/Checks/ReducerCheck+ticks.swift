import Records

extension ReducerCheck {
    /// What time does to a state.
    package struct Ticks {
        /// What is wrong; nil if nothing is.
        package var problem: String?
        /// How many ticks it was given; 0: it asks for none.
        package var count = 0
    }

    /// How late ticks are that come late: microseconds.
    private static let delay: Int64 = 30 * 86_400 * 1_000_000

    /// Gives a stored state ticks, each when it is due or `delay` later, and says what is wrong: what a tick does and when one is
    /// due must follow from state and time alone, and a tick must move what is due beyond its time.
    ///
    /// - Parameter limit: ticks, at most.
    package func ticks(of state: [UInt8], limit: Int) -> Ticks {
        var result = Ticks()
        guard let timer else { return result }
        var bytes = state
        while result.count < limit {
            guard let due = due(bytes, timer), due != .max else { return result }
            let time = result.count.isMultiple(of: 2) ? due : due.addingReportingOverflow(Self.delay).partialValue
            guard time >= due, let first = ticked(bytes, at: time, timer), let second = ticked(bytes, at: time, timer)
            else { return result }
            result.count += 1
            result.problem = problem(of: first, and: second, at: time, from: bytes)
            if result.problem != nil { return result }
            bytes = first.bytes
        }
        return result
    }

    private struct Outcome {
        let bytes: [UInt8]
        /// When the next tick is due.
        let due: Int64
        /// What is wrong with the state's stored form.
        let problem: String?
    }

    private func problem(of first: Outcome, and second: Outcome, at time: Int64, from state: [UInt8]) -> String? {
        let place = "\(Self.text(time)), for \(PluginOutput.shown(state))"
        if let problem = first.problem { return "after a tick at \(place): \(problem)" }
        if first.bytes != second.bytes {
            return
                "expected a tick at \(place) to give the same each time, found \(PluginOutput.shown(first.bytes)) and "
                + PluginOutput.shown(second.bytes)
        }
        let again = timer.flatMap { due(first.bytes, $0) } ?? .max
        if first.due != second.due || first.due != again {
            let found = Set([first.due, second.due, again]).sorted().map(Self.text).joined(separator: " and ")
            return
                "expected `due` to follow from the state alone, and so to be the same after it is written and read, found "
                + "\(found) for \(PluginOutput.shown(first.bytes))"
        }
        if first.due <= time {
            return
                "expected a tick to move `due` beyond its time, found \(Self.text(first.due)) after a tick at \(place)"
        }
        return nil
    }

    /// Nil if the bytes can't be read.
    private func due(_ bytes: [UInt8], _ timer: TimerComponent) -> Int64? {
        guard case .made(let due) = decoded(bytes, { timer.due($0) }) else { return nil }
        return due
    }

    private func ticked(_ bytes: [UInt8], at time: Int64, _ timer: TimerComponent) -> Outcome? {
        let result = decoded(bytes) { state in
            timer.tick(state, time)
            return Outcome(bytes: encoded(state), due: timer.due(state), problem: problem(inState: state))
        }
        guard case .made(let outcome) = result else { return nil }
        return outcome
    }

    /// A time as JSON has it.
    private static func text(_ time: Int64) -> String {
        if time == .max { return "never" }
        var bytes = Bytes()
        bytes.appendJSON(microseconds: time)
        return String(bytes.string.dropFirst().dropLast())
    }
}
