/// The right to write checkpoints of some partitions of a log, as it was drawn from a store.
///
/// For each partition it is a number, larger than all that were drawn for it before. Who has an older one is refused from
/// then on: so of two hosts that both believe that a partition is theirs, only the later one writes.
package struct Epochs: Sendable, Equatable {
    /// The log's id: 16 bytes.
    package var log: [UInt8]
    /// By partition.
    package var numbers: [Int: UInt64]

    package init(log: [UInt8], numbers: [Int: UInt64]) {
        self.log = log
        self.numbers = numbers
    }

    /// Whether what is replaced by these epochs is replaced in the partition: in theirs, or in all if there are none.
    func replace(_ partition: Int) -> Bool { numbers.isEmpty || numbers[partition] != nil }

    /// 0 for a partition for which none was drawn: it may write as long as nobody has drawn one.
    package subscript(partition: Int) -> UInt64 { numbers[partition] ?? 0 }
}

/// The epochs that were drawn last, in a store that keeps them in one place.
struct DrawnEpochs: Sendable, Equatable, Codable {
    /// By the log's id in hexadecimal, then by the partition.
    private(set) var numbers: [String: [Int: UInt64]] = [:]

    mutating func draw(log: [UInt8], partitions: [Int], atLeast: [Int: UInt64]) -> Epochs {
        var epochs = Epochs(log: log, numbers: [:])
        let name = Self.name(log)
        for partition in partitions {
            let number = max((numbers[name]?[partition] ?? 0) + 1, atLeast[partition] ?? 0)
            numbers[name, default: [:]][partition] = number
            epochs.numbers[partition] = number
        }
        return epochs
    }

    /// Throws `fenced` if a larger epoch was drawn for one of the checkpoints' partitions.
    func check(_ checkpoints: [Checkpoint]) throws {
        for checkpoint in checkpoints { try check(checkpoint.epoch, checkpoint.log, checkpoint.partition) }
    }

    /// The same of all partitions of `epochs`.
    func check(_ epochs: Epochs) throws {
        for (partition, epoch) in epochs.numbers { try check(epoch, epochs.log, partition) }
    }

    private func check(_ epoch: UInt64, _ log: [UInt8], _ partition: Int) throws {
        guard let drawn = numbers[Self.name(log)]?[partition], drawn > epoch else { return }
        throw StoreError.fenced(partition: partition, epoch: epoch, present: drawn)
    }

    private static func name(_ log: [UInt8]) -> String {
        log.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
