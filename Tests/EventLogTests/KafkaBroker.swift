import EventLog
import FoundationEssentials
import Glibc
import Settings

/// librdkafka's mock of a Kafka cluster, as a process of its own: see `Tests/KafkaBroker`.
final class KafkaBroker {
    struct Failure: Error, CustomStringConvertible { let description: String }

    /// `HOST:PORT`.
    let address: String
    private let process: pid_t
    private let input: Int32
    private let output: Int32

    /// - Parameter topics: each with so many partitions.
    init(topics: [String] = ["lectern"], partitions: Int = 4, brokers: Int = 1) throws {
        let path =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../../.build/release/kafka-broker"
        var down: [Int32] = [0, 0], up: [Int32] = [0, 0]
        guard pipe(&down) == 0, pipe(&up) == 0 else {
            throw Failure(description: "pipe failed")
        }
        for end in down + up { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, down[0], 0)
        posix_spawn_file_actions_adddup2(&actions, up[1], 1)
        var process: pid_t = 0
        let arguments = ["kafka-broker", "--brokers", "\(brokers)", "--partitions", "\(partitions)"] + topics
        var texts: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for text in texts { free(text) } }
        let result = posix_spawn(&process, path, &actions, nil, &texts, environ)
        close(down[0])
        close(up[1])
        input = down[1]
        output = up[0]
        self.process = process
        guard result == 0 else {
            address = ""
            throw Failure(
                description: "\(path): \(String(cString: strerror(result))); `swift build -c release` makes it")
        }
        address = Self.line(from: output)
    }

    private static func line(from output: Int32) -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(output, &byte, 1) == 1, byte != 10 { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    deinit {
        tell("end")
        close(input)
        close(output)
        var status: Int32 = 0
        if !address.isEmpty { waitpid(process, &status, 0) }
    }

    /// A line that `Tests/KafkaBroker` explains. Returns when it is done.
    func tell(_ command: String) {
        let line = Array("\(command)\n".utf8)
        _ = write(input, line, line.count)
        _ = Self.line(from: output)
    }

    /// A log in this cluster that answers fast.
    ///
    /// - Parameter options: of librdkafka, besides.
    func configuration(
        _ folder: TemporaryFolder, options: String = "", _ change: (inout EventLogConfiguration) -> Void = { _ in }
    ) throws -> EventLogConfiguration {
        // The mock answers a fetch that finds nothing when its time is over, whatever has come meanwhile; and
        // it keeps 5 MB of a partition.
        let settings = try Settings(
            yaml: """
                log:
                  delay: 0ms
                  kafka:
                    brokers: [\(address)]
                    timeout: 60s
                    options: {fetch.wait.max.ms: 10, compression.type: lz4, \(options)}
                """, file: "test")
        var configuration = try settings.validate {
            EventLogConfiguration($0.section("log"), directory: folder.path)
        }
        change(&configuration)
        return configuration
    }
}
