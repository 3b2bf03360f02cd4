import Foundation

/// What `lectern simulate` writes: the same lines for the same seed.
struct SimulatedClass {
    let folder: TemporaryFolder
    let file: String

    init(events: Int, seed: Int = 7, students: Int = 30) throws {
        folder = try TemporaryFolder()
        file = "\(folder.path)/class.jsonl"
        try run(
            Installation.lectern,
            [
                "simulate", "--output", file, "--events", "\(events)", "--seed", "\(seed)", "--students", "\(students)",
                "--end", "2026-01-31T10:00:00Z",
            ])
    }

    /// The events as files of `[round][sender]`: each student's are one sender's, and later ones are in later rounds.
    func cut(rounds: Int, senders: Int) throws -> [[String]] {
        let all = try lines(of: file)
        let size = (all.count + rounds - 1) / rounds
        return try (0..<rounds).map { round in
            var parts = Array(repeating: [String](), count: senders)
            for line in all[min(all.count, round * size)..<min(all.count, (round + 1) * size)] {
                guard let match = line.firstMatch(of: /"user_id":"([^"]*)"/) else {
                    throw Failure("no student: \(line)")
                }
                parts[match.1.utf8.reduce(0) { $0 &+ Int($1) } % senders].append(line)
            }
            return try parts.enumerated().map { try folder.write("\(round)-\($0.offset).jsonl", lines: $0.element) }
        }
    }
}
