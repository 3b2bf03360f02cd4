/// What is known of all letters so far. Repeated in the first line of each file, so that the last file tells it.
struct DeadLetterTotals: Codable, Equatable {
    var letters: UInt64 = 0
    /// Letters by stage.
    var stages: [String: UInt64] = [:]
    /// The highest position that a component has rejected in a partition, by "component partition".
    var rejected: [String: UInt64] = [:]

    /// Counts a letter. False if it is one that a component has rejected before, when it folded the same record.
    mutating func add(_ letter: DeadLetter) -> Bool {
        if let component = letter.component, let partition = letter.partition, let position = letter.position {
            let key = "\(component) \(partition)"
            if let last = rejected[key], position <= last { return false }
            rejected[key] = position
        }
        letters += 1
        stages[letter.stage.rawValue, default: 0] += 1
        return true
    }
}
