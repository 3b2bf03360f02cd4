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
    private var told = 0

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

    /// `down 1`, `up 1`, `rtt 500`, `errors 3 6`, `leader TOPIC 0 2`: see `Tests/KafkaBroker`. Returns when it is done.
    func tell(_ command: String) throws {
        told += 1
        try control.write(contentsOf: Data("\(command)\n".utf8))
        let isDone = try eventually(seconds: 60) {
            guard process.isRunning else { throw Failure("the broker ended: \(process.complained)") }
            // The first line is its address.
            return process.printed.split(separator: "\n").count > told
        }
        guard isDone else { throw Failure("the broker has not done within a minute: \(command)") }
    }

    /// All messages of a topic, in the order of each partition.
    func messages(of topic: String) throws -> [Message] {
        let file = "\(folder.path)/read-\(told).jsonl"
        try tell("read \(topic) \(file)")
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
