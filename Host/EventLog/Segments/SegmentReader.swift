import CRecords
import Glibc
import Records

/// Reads the records of one segment's file, forwards, through one buffer.
final class SegmentReader {
    let file: File
    let header: SegmentHeader
    /// Where the next record begins.
    private(set) var offset: Int
    private let chunkBytes: Int
    /// Made with the first read.
    private var buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    /// Opens a segment.
    /// - Throws: `corrupt` if its header is not that of segment `number` of the log.
    convenience init(_ path: String, number: UInt32, identity: LogIdentity, chunkBytes: Int) throws {
        let file = try File(path, O_RDONLY)
        do {
            self.init(file, try Self.header(of: file, number: number, identity: identity), chunkBytes: chunkBytes)
        } catch let defect as Defect {
            throw LogError.corrupt(path, at: 0, defect.reason)
        }
    }

    init(_ file: File, _ header: SegmentHeader, chunkBytes: Int) {
        self.file = file
        self.header = header
        offset = header.length
        self.chunkBytes = max(chunkBytes, 4096)
    }

    deinit { buffer.deallocate() }

    /// - Throws: `Defect` if it is not the header of segment `number` of the log.
    static func header(of file: File, number: UInt32, identity: LogIdentity) throws -> SegmentHeader {
        let limit = SegmentHeader.length(partitions: identity.partitions)
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        bytes.removeLast(limit - count)
        let header = try SegmentHeader(decoding: bytes)
        guard header.log == identity.id else { throw Defect("the segment belongs to another log", isTorn: false) }
        guard header.number == number else {
            throw Defect("segment \(header.number) found, segment \(number) expected", isTorn: false)
        }
        guard header.basePositions.count == identity.partitions else {
            throw Defect(
                "\(header.basePositions.count) partitions found, the log has \(identity.partitions)", isTorn: false)
        }
        return header
    }

    /// Where the records of the segment begin.
    var beginning: LogOffset { LogOffset(segment: header.number, byte: UInt32(header.length)) }

    func seek(to offset: Int) { self.offset = offset }

    /// The next records that end at `end` at the latest: whole, with sound lengths, otherwise unchecked; empty at the
    /// end. At least 64 bytes can be read after them. Valid until the next call.
    /// - Throws: `Defect` if what begins at `offset` is not a whole record.
    func next(through end: Int) throws -> UnsafeRawBufferPointer {
        guard offset < end else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        if buffer.isEmpty { buffer = Self.allocate(chunkBytes) }
        var wanted = min(end - offset, capacity)
        while true {
            let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: offset)
            let records = UnsafeRawBufferPointer(rebasing: buffer[..<wholeRecords(count)])
            if !records.isEmpty {
                offset += records.count
                return records
            }
            // Not even one record: it is larger than the buffer, or what is there is none.
            guard count >= MemoryLayout<lectern_record>.size, let start = buffer.baseAddress else {
                throw Defect("a record is not whole")
            }
            let first = RecordView(at: start)
            guard first.hasSoundLengths else { throw Defect("a record's lengths contradict each other") }
            let length = first.bytes.count
            guard count == wanted, length <= end - offset else { throw Defect("a record is not whole") }
            if length > capacity {
                buffer.deallocate()
                buffer = Self.allocate(length)
            }
            wanted = min(end - offset, capacity)
        }
    }

    private var capacity: Int { buffer.count - RecordBatch.padding }

    private static func allocate(_ capacity: Int) -> UnsafeMutableRawBufferPointer {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity + RecordBatch.padding, alignment: 16)
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        return buffer
    }

    /// The length of the whole records at the buffer's beginning, of `count` bytes that were read.
    private func wholeRecords(_ count: Int) -> Int {
        guard let start = buffer.baseAddress else { return 0 }
        var end = 0
        while count - end >= MemoryLayout<lectern_record>.size {
            let record = RecordView(at: start + end)
            guard record.hasSoundLengths, record.bytes.count <= count - end else { break }
            end += record.bytes.count
        }
        return end
    }
}
