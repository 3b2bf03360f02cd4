import CRecords
import Records

extension RecordView {
    /// Whether the lengths of the header agree with each other. Without that nothing of a record may be touched.
    @inline(__always)
    var hasSoundLengths: Bool {
        let length = UInt64(header.pointee.length)
        return length == lectern_record_extent(header) && length <= UInt64(RecordBatch.maximumRecordLength)
    }

    /// What is wrong with the record as a part of a log with so many partitions, or nil.
    @inline(__always)
    func defect(partitions: Int) -> Defect? {
        guard header.pointee.checksum == lectern_record_checksum(header) else {
            return Defect("a record's checksum is wrong")
        }
        guard let kind else {
            return Defect("record kind \(header.pointee.kind) found, which this build does not know", isTorn: false)
        }
        if kind.hasPosition && partition >= partitions {
            return Defect("a record of partition \(partition) found, the log has \(partitions)", isTorn: false)
        }
        return nil
    }
}
