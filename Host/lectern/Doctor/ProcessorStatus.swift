/// What a running host tells of itself: the answer of `/processor/status`.
struct ProcessorStatus: Decodable {
    struct Queue: Decodable {
        let depth: Int
        let seconds: Double
    }

    struct Worker: Decodable {
        struct Shard: Decodable { let utilization_percent: Double }
        let name: String
        let plugins: [String]
        let shards: [Shard]
        let lag_messages: Int
        let lag_seconds: Double
    }

    struct Plugin: Decodable {
        let id: String
        let state: String
        let problem: String?
    }

    struct Store: Decodable {
        let name: String
        let type: String
        let problem: String?
    }

    struct Output: Decodable {
        let name: String
        let state: String
        let lag_messages: Int
        let problem: String?
    }

    struct Check: Decodable {
        let name: String
        let problem: String?
    }

    struct Events: Decodable {
        let processed: Int
        let duplicates: Int
        let conflicts: Int
    }

    struct Marks: Decodable {
        let memory: Int
        let file: Int
    }

    struct Memory: Decodable {
        let used: Int
        let limit: Int
    }

    let status: String
    let problem: String?
    let enabled: Bool
    let queue: Queue
    let workers: [Worker]
    let plugins: [Plugin]
    let stores: [Store]
    let outputs: [Output]
    let checks: [Check]
    let events: Events
    let marks: Marks
    let memory: Memory?
}
