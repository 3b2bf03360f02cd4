import Foundation

/// A broker that makes topics, which librdkafka's mock cluster does not: `Tests/KafkaController/controller.py`.
final class KafkaController {
    /// A request for a topic, as it came.
    struct Request: Decodable, Equatable {
        let name: String
        let partitions: Int
        /// -1: the cluster's default.
        let replication: Int
        let settings: [String: String]
    }

    /// `HOST:PORT`.
    let address: String
    private let process: ChildProcess

    /// - Parameter topics: `NAME:PARTITIONS` of those that exist.
    init(topics: [String] = []) throws {
        let process = try ChildProcess(
            "python3", ["-u", "\(Installation.repository)/Tests/KafkaController/controller.py"] + topics)
        self.process = process
        let isReady = try eventually(seconds: 30) {
            guard process.isRunning else { throw Failure("the controller ended: \(process.complained)") }
            return process.printed.contains("\n")
        }
        if !isReady { throw Failure("the controller was not ready within 30 seconds: \(process.complained)") }
        address = String(process.printed.prefix { $0 != "\n" })
    }

    var requests: [Request] {
        get throws {
            try process.printed.split(separator: "\n").dropFirst()
                .map { try JSONDecoder().decode(Request.self, from: Data($0.utf8)) }
        }
    }
}
