import CXXHash

/// The beginning of a segment's file, little-endian:
///
///     "LECTERNS"  u32 format  u32 length of the header  16 bytes log id  u32 number  u32 partitions
///     u64 length of the segment before  u64 length of the head  u32 highest session number  u32 zero  i64 created
///     u64 base position of each partition …  u64 XXH3-64 of all that precedes
///
/// The *head* is the header and the session and mark records that are repeated after it, which make a segment readable
/// without the ones before.
struct SegmentHeader: Equatable {
    static let magic = Array("LECTERNS".utf8)
    static let format: UInt32 = 1
    static let maximumPartitions = 1024

    var log: [UInt8]
    var number: UInt32
    /// Bytes of the segment before; 0 for the first one of a log.
    var previousLength: UInt64
    /// Bytes of header and repeated records.
    var headLength: UInt64
    /// No session had a higher number when the segment began.
    var highestSession: UInt32
    /// Microseconds since 1970 UTC.
    var created: Int64
    /// The position of each partition's first record in this segment.
    var basePositions: [UInt64]

    static func length(partitions: Int) -> Int { 80 + 8 * partitions }

    var length: Int { Self.length(partitions: basePositions.count) }

    var encoded: [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(length)
        bytes.append(Self.format)
        bytes.append(UInt32(length))
        bytes += log
        bytes.append(number)
        bytes.append(UInt32(basePositions.count))
        bytes.append(previousLength)
        bytes.append(headLength)
        bytes.append(highestSession)
        bytes.append(UInt32(0))
        bytes.append(created)
        for position in basePositions { bytes.append(position) }
        bytes.append(bytes.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) })
        return bytes
    }

    /// Reads a header from the first bytes of a file.
    /// - Throws: `Defect`.
    init(decoding bytes: [UInt8]) throws {
        guard bytes.count >= Self.length(partitions: 1) else { throw Defect("the segment's header is not whole") }
        guard bytes.starts(with: Self.magic) else { throw Defect("this is not a segment of a log") }
        let format: UInt32 = bytes.load(8)
        guard format == Self.format else {
            throw Defect("segment format \(format) found, this build reads format \(Self.format)", isTorn: false)
        }
        let partitions = Int(bytes.load(36) as UInt32)
        guard 1...Self.maximumPartitions ~= partitions, bytes.load(12) as UInt32 == Self.length(partitions: partitions)
        else { throw Defect("the segment's header is damaged") }
        let length = Self.length(partitions: partitions)
        guard bytes.count >= length else { throw Defect("the segment's header is not whole") }
        let checksum = bytes.withUnsafeBytes { XXH3_64bits($0.baseAddress, length - 8) }
        guard checksum == bytes.load(length - 8) as UInt64 else { throw Defect("the segment's header is damaged") }

        log = Array(bytes[16..<32])
        number = bytes.load(32)
        previousLength = bytes.load(40)
        headLength = bytes.load(48)
        highestSession = bytes.load(56)
        created = bytes.load(64)
        basePositions = (0..<partitions).map { bytes.load(72 + 8 * $0) }
    }

    init(
        log: [UInt8], number: UInt32, previousLength: UInt64, headLength: UInt64, highestSession: UInt32,
        created: Int64,
        basePositions: [UInt64]
    ) {
        self.log = log
        self.number = number
        self.previousLength = previousLength
        self.headLength = headLength
        self.highestSession = highestSession
        self.created = created
        self.basePositions = basePositions
    }
}

/// What is wrong with stored bytes, in words.
struct Defect: Error {
    let reason: String
    /// A crash can leave bytes like these at a file's end. Otherwise they were written so, by another build or log.
    let isTorn: Bool

    init(_ reason: String, isTorn: Bool = true) {
        self.reason = reason
        self.isTorn = isTorn
    }
}

extension [UInt8] {
    mutating func append(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    func load<Value: FixedWidthInteger>(_ offset: Int) -> Value {
        withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
    }
}
