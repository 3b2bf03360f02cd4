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
}
