import Foundation

/// What an implementation of the field gives, for 131 sequences of reviews and for each function alone. The file lies
/// beside the repository.
struct FSRSVectors: Decodable {
    static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../../shared/data/fsrs/fsrs6-sequences.json").standardizedFileURL

    /// Whether tests that need the file may run; on a CI machine they must, and fail where it is missing.
    static var isExpected: Bool {
        ProcessInfo.processInfo.environment["CI"] == "true" || FileManager.default.fileExists(atPath: file.path)
    }

    static func read() throws -> FSRSVectors {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(FSRSVectors.self, from: Data(contentsOf: file))
    }

    struct Configuration: Decodable {
        var parameters: [Double]
        var desiredRetention: Double
        var learningStepsS: [Int64]
        var relearningStepsS: [Int64]
        var maximumIntervalDays: Int
    }

    struct Sequence: Decodable {
        var id: String
        var config: String
        var reviews: [Review]
        var probesAfterLast: [Probe]
    }

    struct Review: Decodable {
        var at: Date
        var rating: Int
        var retrievabilityBefore: Double?
        var expect: Card
    }

    struct Card: Decodable {
        var state: Int
        var step: Int?
        var stability: Double
        var difficulty: Double
        var due: Date
        var intervalS: Int
    }

    struct Probe: Decodable {
        var days: Int
        var retrievability: Double
    }

    struct Functions: Decodable {
        struct Initial: Decodable {
            var rating: Int
            var stability, difficulty, difficultyUnclamped: Double
        }
        struct Interval: Decodable {
            var stability, retention: Double
            var days: Int
        }
        struct ShortTerm: Decodable {
            var stability: Double
            var rating: Int
            var out: Double
        }
        struct NextDifficulty: Decodable {
            var difficulty: Double
            var rating: Int
            var out: Double
        }
        struct NextStability: Decodable {
            var difficulty, stability, retrievability: Double
            var rating: Int
            var out: Double
        }
        var initial: [Initial]
        var interval: [Interval]
        var shortTermStability: [ShortTerm]
        var nextDifficulty: [NextDifficulty]
        var nextStability: [NextStability]
    }

    var configs: [String: Configuration]
    var sequences: [Sequence]
    var functionsDefaultParameters: Functions
}
