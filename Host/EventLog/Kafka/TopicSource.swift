import Records

/// What a cursor reads a log from that is a topic: the memory of its end, and before that, the brokers.
final class TopicSource: RecordSource {
    private enum Place {
        /// Before the memory.
        case history(TopicHistory)
        /// In it.
        case memory(LogOffset)
    }

    private let topic: LogTopic
    private let identity: LogIdentity
    private let state: DurableState
    /// The cursor's: what it gives next.
    private let positions: UnsafeMutableBufferPointer<UInt64>
    private var place: Place
    /// The block of the last chunk.
    private var block: TailBlock?

    init(
        _ topic: LogTopic, _ identity: LogIdentity, _ state: DurableState,
        _ positions: UnsafeMutableBufferPointer<UInt64>
    ) throws {
        self.topic = topic
        self.identity = identity
        self.state = state
        self.positions = positions
        place = try Self.place(topic, identity, state, positions)
    }

    private static let beginning = LogOffset(segment: 0, byte: 0)

    var offset: LogOffset {
        switch place {
        case .history: Self.beginning
        case .memory(let offset): offset
        }
    }

    func next(through end: LogOffset) throws -> RecordChunk? {
        while true {
            switch place {
            case .history(let history):
                guard history.isDone else {
                    let bytes = try history.next()
                    return RecordChunk(bytes: bytes, offset: Self.beginning, isChecked: true, beginsSegment: false)
                }
                place = try Self.place(topic, identity, state, positions)
            case .memory(let offset):
                guard offset < end else { return nil }
                switch state.place(of: offset, through: end) {
                case .memory(let block, let length):
                    self.block = block
                    let bytes = block.bytes(Int(offset.byte), length)
                    place = .memory(LogOffset(segment: offset.segment, byte: UInt32(length)))
                    return RecordChunk(bytes: bytes, offset: offset, isChecked: true, beginsSegment: offset.byte == 0)
                case .nextSegment: place = .memory(LogOffset(segment: offset.segment + 1, byte: 0))
                case .file, .deleted: place = try Self.place(topic, identity, state, positions)
                }
            }
        }
    }

    func corrupt(_ chunk: RecordChunk, at byte: Int, _ reason: String) -> LogError { topic.error(reason) }

    /// The last segment in memory that begins before all that is to be read; or else what comes before the last one.
    private static func place(
        _ topic: LogTopic, _ identity: LogIdentity, _ state: DurableState,
        _ positions: UnsafeMutableBufferPointer<UInt64>
    ) throws -> Place {
        let segments = state.keptSegments
        let start = segments.last { segment in zip(segment.basePositions, positions).allSatisfy { $0 <= $1 } }
        if let start { return .memory(LogOffset(segment: start.number, byte: 0)) }
        return .history(try TopicHistory(topic, identity, from: positions, to: segments.last!.basePositions))
    }
}
