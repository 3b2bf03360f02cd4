/// Where simulated events go.
protocol EventSink: AnyObject {
    func send(_ event: UnsafeRawBufferPointer, ofStudent student: Int) throws
    /// Does what there is to do until a moment; microseconds of `MonotonicClock`.
    func wait(until moment: Int64) throws
    /// Waits until everything that was sent has arrived.
    func finish() throws
}

/// To a host: each student always over the same connection, whose order is his.
final class PublishedEvents: EventSink {
    private let publisher: EventPublisher
    /// How many of the next events of each connection the host has already.
    private var known: [UInt64]
    /// Events that were not sent, since the host has them.
    private(set) var skipped = 0

    init(_ publisher: EventPublisher, known: [UInt64]) {
        self.publisher = publisher
        self.known = known
    }

    func send(_ event: UnsafeRawBufferPointer, ofStudent student: Int) throws {
        let index = student % known.count
        guard known[index] > 0 else { return try publisher.send(event, over: index) }
        known[index] -= 1
        skipped += 1
    }

    func wait(until moment: Int64) throws { try publisher.wait(until: moment) }

    func finish() throws { try publisher.flush() }
}

/// To a file: a line each.
final class WrittenEvents: EventSink {
    private let output: OutputFile

    init(_ output: OutputFile) { self.output = output }

    func send(_ event: UnsafeRawBufferPointer, ofStudent student: Int) throws { try output.write(line: event) }

    func wait(until moment: Int64) throws {
        try output.flush()
        try Interruption.sleep(until: moment)
    }

    func finish() throws { try output.end() }
}
