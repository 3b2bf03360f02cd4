import Foundation

/// What a host remembers beside its log, in a file of the data folder that people can read.
struct JSONFile<Value: Codable> {
    let path: String

    /// What the file holds; nil if there is none, or it is none of ours.
    func read() -> Value? {
        (try? Data(contentsOf: URL(filePath: path))).flatMap { try? JSONDecoder().decode(Value.self, from: $0) }
    }

    /// Replaces it, in one step.
    func write(_ value: Value) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(value).write(to: URL(filePath: path), options: .atomic)
    }
}
