import Foundation
import Glibc

/// `lectern replay` into a running host, and how far the host has acknowledged it.
final class Replaying {
    private let process: ChildProcess
    private let lasting: LastingInput?

    struct Report: Decodable {
        var events: Int
        var skipped: Int
        var acknowledged: Int
        var rejected: Int
    }

    init(_ inputs: [String], to host: HostProcess, _ options: [String] = []) throws {
        process = try ChildProcess(
            Installation.lectern, ["replay"] + inputs + ["--to", host.address, "--acks", "--json"] + options)
        lasting = nil
    }

    /// Sends a file that lasts until `finish`.
    init(lasting file: String, to host: HostProcess, _ options: [String] = []) throws {
        let input = try LastingInput(file)
        defer { close(input.readingEnd) }
        let client = URL(filePath: file).lastPathComponent
        process = try ChildProcess(
            Installation.lectern,
            ["replay", "-", "--client", client, "--to", host.address, "--acks", "--json"] + options,
            input: input.readingEnd)
        lasting = input
    }

    var isRunning: Bool { process.isRunning }

    /// Lines of this run that are durable.
    var acknowledged: Int {
        // The last line may not be complete yet.
        process.printed.split(separator: "\n", omittingEmptySubsequences: false).dropLast().last { Int($0) != nil }
            .flatMap { Int($0) } ?? 0
    }

    func waitForAcknowledgement(of number: Int) throws {
        let came = try eventually(seconds: 60) {
            guard process.isRunning || acknowledged >= number else {
                throw Failure("the replay ended at \(acknowledged), before \(number): \(process.complained)")
            }
            return acknowledged >= number
        }
        if !came {
            throw Failure("\(acknowledged) acknowledged within 60 seconds, not \(number): \(process.complained)")
        }
    }

    func crash() { process.crash() }

    func finish(seconds: Double = 60) throws -> Report {
        lasting?.release()
        let exit = try process.wait(seconds: seconds)
        guard exit == .code(0), let line = process.printed.split(separator: "\n").last else {
            throw Failure("the replay ended with \(exit): \(process.complained)")
        }
        return try JSONDecoder().decode(Report.self, from: Data(line.utf8))
    }
}
