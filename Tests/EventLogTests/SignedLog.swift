import CRecords
import EventLog
import FoundationEssentials
import Records

/// A log of several segments whose every byte is signed, and what can be done to it.
struct SignedLog {
    let folder = TemporaryFolder()

    /// A record of it, and where it lies.
    struct Place {
        let file: String
        let segment: UInt32
        let byte: Int
        let length: Int
        /// Nil for session records and marks.
        let partition: Int?
        let position: UInt64
    }

    static func configuration(_ folder: TemporaryFolder) -> EventLogConfiguration {
        folder.configuration {
            $0.segmentBytes = 30_000
            $0.partitions = 4
            $0.integrity = true
        }
    }

    init(records: Int = 300) throws {
        let log = try EventLog.open(Self.configuration(folder))
        try Self.fill(log, records)
        try log.close()
    }

    static func fill(_ log: EventLog, _ records: Int, seed: UInt64 = 1) throws {
        var source = SampleSource(seed: seed)
        for batch in 0..<10 {
            var session = Sample()
            session.kind = .session
            session.session = log.newSession()
            session.fields = #"{"lock":\#(batch)}"#
            try log.store([session] + (0..<records / 10).map { _ in source.sample(partitions: 4) })
        }
    }

    func open() throws -> EventLog { try EventLog.open(Self.configuration(folder)) }

    func verify(heads: String? = nil, key: PublicKey? = nil) throws -> LogVerification {
        try LogDirectory(folder.path).verify(key: key, heads: heads)
    }

    func path(_ segment: UInt32) -> String { folder.segments[Int(segment) - 1] }

    func places() throws -> [Place] {
        var places: [Place] = []
        try LogDirectory(folder.path).read { record, offset in
            let isPositioned = record.kind?.hasPosition == true
            places.append(
                Place(
                    file: folder.segments.first { $0.hasSuffix("\(offset.segment).segment") }!, segment: offset.segment,
                    byte: Int(offset.byte), length: record.bytes.count,
                    partition: isPositioned ? record.partition : nil, position: record.position))
            return true
        }
        return places
    }

    /// All files that a bit can be flipped in unseen, but for checks of them.
    func files() throws -> [String] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        let isFolder = { (name: String) in name == "integrity" || name.hasPrefix("dead-letters") }
        return names.filter { !isFolder($0) && !$0.hasSuffix("key.pem") }.map { "\(folder.path)/\($0)" }.sorted()
    }

    func flip(_ bit: Int, ofByte byte: Int, in file: String) throws {
        var bytes = contents(file)
        bytes[byte] ^= 1 << UInt8(bit)
        try write(bytes, to: file)
    }

    /// Overwrites a record's payload, and gives it a checksum that fits: what a forger does.
    /// - Returns: the leaf before, and the leaf now.
    @discardableResult
    func forge(_ place: Place, with byte: UInt8 = 0) throws -> (old: MerkleHash, new: MerkleHash) {
        try forge(place) { header in
            let start = UnsafeMutableRawPointer(header)
            for index in MemoryLayout<lectern_record>.size..<place.length {
                start.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            }
        }
    }

    /// As `forge`, with any change.
    @discardableResult
    func forge(
        _ place: Place, _ change: (UnsafeMutablePointer<lectern_record>) -> Void
    ) throws -> (old: MerkleHash, new: MerkleHash) {
        var file = contents(place.file)
        var record = Array(file[place.byte..<place.byte + place.length])
        let old = record.withUnsafeBytes { MerkleHash.leaf($0) }
        record.withUnsafeMutableBytes { bytes in
            let header = bytes.baseAddress!.assumingMemoryBound(to: lectern_record.self)
            change(header)
            header.pointee.checksum = lectern_record_checksum(header)
        }
        file.replaceSubrange(place.byte..<place.byte + place.length, with: record)
        try write(file, to: place.file)
        return (old, record.withUnsafeBytes { MerkleHash.leaf($0) })
    }
}
