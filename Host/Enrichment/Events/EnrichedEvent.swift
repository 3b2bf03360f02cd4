/// An event that is to be enriched, where it lies. Borrowed.
package struct EnrichedEvent {
    /// A JSON object, readable FieldExtractor.padding bytes further.
    package var payload: UnsafeRawBufferPointer
    /// Fields that the connection has locked, as `payload`; empty: none.
    package var locked: UnsafeRawBufferPointer
    /// What the source of the event has set, a JSON object; empty: nothing.
    package var fields: UnsafeRawBufferPointer
    /// What the actor is looked up by elsewhere; empty: it has none.
    package var actor: UnsafeRawBufferPointer
    /// What this host's tables call the actor, whom other sources may know by a shorter name.
    package var identity: UnsafeRawBufferPointer
    package var type: UnsafeRawBufferPointer
    /// Microseconds since 1970 UTC.
    package var time: Int64

    package init(
        payload: UnsafeRawBufferPointer, locked: UnsafeRawBufferPointer, fields: UnsafeRawBufferPointer,
        actor: UnsafeRawBufferPointer, identity: UnsafeRawBufferPointer? = nil, type: UnsafeRawBufferPointer,
        time: Int64
    ) {
        self.payload = payload
        self.locked = locked
        self.fields = fields
        self.actor = actor
        self.identity = identity ?? actor
        self.type = type
        self.time = time
    }

    /// What the actor is looked up by.
    func name(for lookups: Lookups) -> UnsafeRawBufferPointer { lookups.asksThisHost ? identity : actor }
}

/// Types of events; none: all.
struct EventTypes {
    private let types: [[UInt8]]

    init(_ types: [String]) { self.types = types.map { Array($0.utf8) } }

    func contains(_ type: UnsafeRawBufferPointer) -> Bool {
        types.isEmpty || types.contains { $0.elementsEqual(type) }
    }
}
