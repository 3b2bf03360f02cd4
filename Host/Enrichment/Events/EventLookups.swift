import PluginHost

/// What was found out of one event, or is being found out.
package struct EventLookups {
    /// What it was asked by.
    let plan: EnrichmentPlan
    /// In the order of the plan; nil: this event is not asked for.
    var lookups: [Lookup?] = []
    /// What other processes derive by, in the order of the plan; a nil is part of an answer. Nil: this event does not have it.
    var arguments: [[Cell?]?] = []
    /// What other processes derive, in the order of the plan. Of all of them nil: it was not begun.
    var calls: [DerivedCall?]?

    /// Everything is known that was looked up.
    package var isLookedUp: Bool { lookups.allSatisfy { $0?.isAnswered ?? true } }

    /// Everything is known.
    package var isComplete: Bool {
        isLookedUp && (calls?.allSatisfy { $0 == nil || $0?.result.value != nil } ?? false)
    }
}
