import PluginAPI

/// The revisions of one module: those that are done, and the one to come.
struct Signals: Codable, Equatable {
    struct Signal: Codable, Equatable {
        var created: Timestamp
        var scheduled: Timestamp
        /// At which tick, or on whose advice, it became due; nil before.
        var dueAt: Timestamp?
        var reviewed: Timestamp?
        /// What a recommendation asked for, or how urgent it was when it was done.
        var urgency: Urgency?
    }

    /// In the order in which they were done.
    private(set) var done: [Signal] = []
    var open: Signal?

    /// A review at `time` ends the open signal, and opens the next one.
    mutating func review(at time: Timestamp, urgency: Urgency, next: Timestamp, keeping limit: Int) {
        if var signal = open, signal.created != time {
            signal.reviewed = time
            signal.urgency = urgency
            done.append(signal)
            if done.count > limit { done.removeFirst(done.count - limit) }
        }
        open = Signal(created: time, scheduled: next)
    }

    /// Somebody advises to revise.
    mutating func recommend(_ event: ReviewEvent) {
        var signal = open ?? Signal(created: event.time, scheduled: event.scheduled ?? event.time)
        if let scheduled = event.scheduled {
            signal.scheduled = scheduled
            if scheduled > event.time { signal.dueAt = nil }
        } else {
            signal.scheduled.lower(to: event.time)
        }
        if signal.scheduled <= event.time, signal.dueAt == nil { signal.dueAt = event.time }
        if let urgency = event.urgency { signal.urgency = urgency }
        open = signal
    }

    mutating func tick(at time: Timestamp) {
        guard let signal = open, signal.dueAt == nil, signal.scheduled <= time else { return }
        open?.dueAt = time
    }
}
