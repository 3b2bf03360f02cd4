import Foundation
import Glibc

/// librdkafka's mock of a Kafka cluster, as a process of its own: see `Tests/KafkaBroker`.
final class KafkaBroker {
    struct Message {
        let partition: Int
        let offset: Int
        let key: String?
        let headers: [String: String]
        let value: String
    }

    /// `HOST:PORT`.
    let address: String
    private let folder: TemporaryFolder
    private let process: ChildProcess
    private let control: FileHandle
    private var reads = 0

    init(topics: [String], partitions: Int = 4, brokers: Int = 1) throws {
        folder = try TemporaryFolder()
        let pipe = "\(folder.path)/control"
        guard mkfifo(pipe, 0o600) == 0 else { throw Failure("mkfifo failed: \(errno)") }
        let process = try ChildProcess(
            "\(Installation.repository)/.build/release/kafka-broker",
            ["--brokers", "\(brokers)", "--partitions", "\(partitions)", "--control", pipe] + topics)
        self.process = process
        let isReady = try eventually(seconds: 30) {
            guard process.isRunning else { throw Failure("the broker ended: \(process.complained)") }
            return process.printed.hasSuffix("\n")
        }
        guard isReady, let control = FileHandle(forWritingAtPath: pipe) else {
            throw Failure("the broker was not ready within 30 seconds: \(process.complained)")
        }
        address = process.printed.trimmingCharacters(in: .whitespacesAndNewlines)
        self.control = control
    }

    /// `down 1`, `up 1`, `rtt 500`, `errors 3 6`, `leader TOPIC 0 2`: see `Tests/KafkaBroker`.
    func tell(_ command: String) throws { try control.write(contentsOf: Data("\(command)\n".utf8)) }

    /// All messages of a topic, in the order of each partition.
    func messages(of topic: String) throws -> [Message] {
        reads += 1
        let file = "\(folder.path)/read-\(reads).jsonl"
        try tell("read \(topic) \(file)")
        let isDone = try eventually(seconds: 60) {
            guard process.isRunning else { throw Failure("the broker ended: \(process.complained)") }
            return FileManager.default.fileExists(atPath: file)
        }
        guard isDone else { throw Failure("the topic \(topic) could not be read within a minute") }
        return try lines(of: file).map { line in
            let object = try JSONRow.object(line)
            guard let partition = object["partition"] as? Int, let offset = object["offset"] as? Int,
                let headers = object["headers"] as? [String: String], let value = object["value"] as? String
            else { throw Failure("not a message: \(line)") }
            return Message(
                partition: partition, offset: offset, key: object["key"] as? String, headers: headers, value: value)
        }
    }
}
