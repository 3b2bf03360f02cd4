public import CRecords

/// A record of the log where it lies: a pointer to its header, which its parts follow.
///
/// `public` rather than `package`, because the compiler inlines across modules only what is public.
///
/// Borrowed: valid as long as the memory that it came from. Making one checks nothing; what hands records out (a batch,
/// a cursor) has checked them.
public struct RecordView {
    public let header: UnsafePointer<lectern_record>

    @inlinable @inline(__always)
    public init(_ header: UnsafePointer<lectern_record>) { self.header = header }

    @inlinable @inline(__always)
    public init(at address: UnsafeRawPointer) { header = address.assumingMemoryBound(to: lectern_record.self) }

    /// Nil for a kind that this build does not know.
    @inlinable @inline(__always)
    public var kind: RecordKind? { RecordKind(rawValue: header.pointee.kind) }
    @inlinable @inline(__always)
    public var partition: Int { Int(header.pointee.partition) }
    @inlinable @inline(__always)
    public var position: UInt64 { header.pointee.position }
    /// The number of the session record that it refers to, or that it is; 0 for none.
    @inlinable @inline(__always)
    public var session: UInt32 { header.pointee.session }
    /// Microseconds since 1970 UTC.
    @inlinable @inline(__always)
    public var received: Int64 { header.pointee.received }
    /// Microseconds since 1970 UTC.
    @inlinable @inline(__always)
    public var time: Int64 { header.pointee.time }
    @inlinable @inline(__always)
    public var isTimeClaimed: Bool { header.pointee.flags & UInt8(LECTERN_RECORD_TIME_CLAIMED) != 0 }
    /// What the client claims is of the future, and `time` is `received` instead.
    @inlinable @inline(__always)
    public var isTimeClamped: Bool { header.pointee.flags & UInt8(LECTERN_RECORD_TIME_CLAMPED) != 0 }
    /// A copy, at a segment's head, of what an earlier segment holds.
    @inlinable @inline(__always)
    public var isRepeated: Bool { header.pointee.flags & UInt8(LECTERN_RECORD_REPEATED) != 0 }
    /// The next record came in the same frame.
    @inlinable @inline(__always)
    public var isContinued: Bool { header.pointee.flags & UInt8(LECTERN_RECORD_CONTINUED) != 0 }
    /// `LECTERN_PRECISION_...` of `time`.
    @inlinable @inline(__always)
    public var precision: UInt8 { header.pointee.precision }
    public var assertion: ActorAssertion? { ActorAssertion(rawValue: header.pointee.asserted) }
    /// The client's number of this event, or the source's position; says nothing if `client` is empty.
    @inlinable @inline(__always)
    public var sequence: UInt64 { header.pointee.sequence }

    @inlinable @inline(__always)
    public var type: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: lectern_record_type(header), count: Int(header.pointee.type_length))
    }
    @inlinable @inline(__always)
    public var actor: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: lectern_record_actor(header), count: Int(header.pointee.actor_length))
    }
    @inlinable @inline(__always)
    public var client: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: lectern_record_client(header), count: Int(header.pointee.client_length))
    }
    /// A JSON object of what server and source set, or nothing.
    @inlinable @inline(__always)
    public var fields: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: lectern_record_fields(header), count: Int(header.pointee.fields_length))
    }
    /// The event as it arrived. At least 64 more bytes can be read after it.
    @inlinable @inline(__always)
    public var payload: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: lectern_record_payload(header), count: Int(header.pointee.payload_length))
    }
    /// The whole record, padding included.
    @inlinable @inline(__always)
    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: UnsafeRawPointer(header), count: Int(header.pointee.length))
    }
}

/// The records that lie one after the other in a region of memory that was checked before.
public struct RecordSequence: Sequence, IteratorProtocol {
    @usableFromInline var position: UnsafeRawPointer?
    @usableFromInline let end: UnsafeRawPointer?

    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer) {
        position = bytes.baseAddress
        end = bytes.baseAddress.map { $0 + bytes.count }
    }

    @inlinable @inline(__always)
    public mutating func next() -> RecordView? {
        guard let start = position, let end, start < end else { return nil }
        let record = RecordView(at: start)
        position = start + Int(record.header.pointee.length)
        return record
    }
}
