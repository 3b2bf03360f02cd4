/// Processed events on their way to an output, in the order of the log: of each a line of JSON, and what goes with it. Not
/// thread-safe.
package final class EventBatch {
    package struct Event: Sendable {
        package let partition: Int
        package let position: UInt64
        fileprivate let line: Range<Int>
        fileprivate let id: Range<Int>
        fileprivate let type: Range<Int>
        fileprivate let actor: Range<Int>
        fileprivate let changes: Range<Int>
    }

    package private(set) var events: [Event] = []
    private var text = Bytes()
    private var names = Bytes()

    package init() {}

    /// Adds a record's event.
    ///
    /// - Parameters:
    ///   - id: what tells the event from every other one.
    ///   - changes: what filter rules lay over it, a JSON merge patch; nil: nothing.
    ///   - write: appends its line, a JSON object without line breaks.
    package func append(
        _ record: RecordView, id: UnsafeRawBufferPointer, changes: UnsafeRawBufferPointer? = nil,
        _ write: (inout Bytes) -> Void
    ) {
        let start = text.count
        write(&text)
        text.append(byte: 10)
        events.append(
            Event(
                partition: record.partition, position: record.position, line: start..<text.count,
                id: add(id), type: add(record.type), actor: add(record.actor), changes: add(changes)))
        // Whoever parses them reads ahead.
        if changes != nil { for _ in 0..<FieldExtractor.padding { names.append(byte: 32) } }
    }

    /// Adds what is no record's event, without a partition and position of its own.
    ///
    /// - Parameters:
    ///   - key: by which a reader tells what belongs together; empty: nothing does.
    ///   - write: as above.
    package func append(type: String, key: String, _ write: (inout Bytes) -> Void) {
        let start = text.count
        write(&text)
        text.append(byte: 10)
        events.append(
            Event(
                partition: 0, position: 0, line: start..<text.count, id: add(key), type: add(type), actor: add(key),
                changes: add(nil)))
    }

    package func removeAll() {
        events.removeAll(keepingCapacity: true)
        text.truncate()
        names.truncate()
    }

    /// Bytes of the lines.
    package var byteCount: Int { text.count }

    /// The lines, one after the other, each with its line feed. Valid until the batch changes, as what follows.
    package var lines: UnsafeRawBufferPointer { text.contents }

    /// An event's line with its line feed.
    package func line(_ event: Event) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: text.contents[event.line])
    }
    package func id(_ event: Event) -> UnsafeRawBufferPointer { name(event.id) }
    package func type(_ event: Event) -> UnsafeRawBufferPointer { name(event.type) }
    /// Empty: it has none.
    package func actor(_ event: Event) -> UnsafeRawBufferPointer { name(event.actor) }

    /// What filter rules lay over it; empty: nothing. `FieldExtractor.padding` readable bytes follow.
    package func changes(_ event: Event) -> UnsafeRawBufferPointer { name(event.changes) }

    private func name(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: names.contents[range])
    }

    private func add(_ name: UnsafeRawBufferPointer?) -> Range<Int> {
        let start = names.count
        if let name { names.append(name) }
        return start..<names.count
    }

    private func add(_ name: String) -> Range<Int> {
        var name = name
        return name.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }
}
