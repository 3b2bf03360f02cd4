/// Where the processed events of a log go: files, or a Kafka cluster. Not thread-safe: used by its publisher's thread, and
/// before that by whoever makes the publisher.
package protocol EventOutput: AnyObject {
    /// Goes back to what was confirmed, and makes ready what can be without asking another machine.
    ///
    /// - Parameters:
    ///   - progress: what `progress` was when it was stored last; nil: nothing was published yet.
    ///   - report: told, in a sentence, what is not as it was left.
    /// - Throws: if the settings or the place are such that it can never work.
    func open(_ progress: [String: Int]?, report: (String) -> Void) throws(OutputError)

    /// Publishes the events of a batch, in order, and returns when all of them are confirmed: they outlive a crash. After an
    /// error it may be called again, with the same batch.
    ///
    /// - Parameter isOver: asked now and then; true: give up.
    func publish(_ batch: EventBatch, isOver: () -> Bool) throws(OutputError)

    /// Called several times a second while nothing is published. Returns at once.
    func idle()

    /// What it needs to know at its next start of what it has confirmed.
    var progress: [String: Int] { get }

    /// Nothing more is published.
    func close()
}

extension EventOutput {
    package func idle() {}
}

/// Why events can't be published: one message for the operator, with the place and what to do. It names no student.
package struct OutputError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
