import Enrichment
import Records

/// Events of a connection that wait for what is looked up of them, and those behind them, in order of arrival.
struct WaitingEvents {
    struct Entry {
        /// As it arrived, and FieldExtractor.padding zeros.
        fileprivate let padded: [UInt8]
        /// The client's number, or 0.
        let number: UInt64
        /// Its place among the frames of its read.
        let index: Int
        /// As `Frame.time`.
        let time: Int64?
        let received: Int64
        /// What was locked when it arrived.
        let locked: LockedFields
        /// Whose it is. Empty for a line of a source, which says it itself.
        let actor: StableBytes
        let partition: UInt16
        let assertion: ActorAssertion
        /// Of each event that it holds; nil: nothing is looked up of it.
        var lookups: [EventLookups?]
        /// When it goes on in any case, by the clock of the enrichment.
        let deadline: Int64

        var count: Int { padded.count - FieldExtractor.padding }
        var isComplete: Bool { lookups.allSatisfy { $0?.isComplete ?? true } }

        func withBytes<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
            padded.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    private var entries: [Entry] = []
    private var first = 0

    var isEmpty: Bool { first == entries.count }

    /// The oldest one.
    var oldest: Entry? { isEmpty ? nil : entries[first] }

    mutating func append(
        _ frame: Frame, received: Int64, _ locked: LockedFields, _ actor: EventActor, _ lookups: [EventLookups?],
        deadline: Int64
    ) {
        let padding = repeatElement(UInt8(0), count: FieldExtractor.padding)
        entries.append(
            Entry(
                padded: Array(frame.bytes) + padding, number: frame.number, index: frame.index, time: frame.time,
                received: received,
                locked: locked, actor: StableBytes(String(decoding: actor.id, as: UTF8.self)),
                partition: actor.partition, assertion: actor.assertion, lookups: lookups, deadline: deadline))
    }

    mutating func removeOldest() {
        first += 1
        if first == entries.count { self = WaitingEvents() }
    }

    /// Changes the look-ups of each entry.
    mutating func forEach(_ body: (Entry) -> [EventLookups?]) {
        for index in first..<entries.count { entries[index].lookups = body(entries[index]) }
    }
}
