import Foundation

/// The files of a folder as a web server has them, on 127.0.0.1.
final class WebFolder {
    private let process: ChildProcess
    private(set) var address = ""

    init(_ folder: String) throws {
        process = try ChildProcess(
            "python3", ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder])
        let isReady = try eventually(seconds: 20) {
            guard process.isRunning else { throw Failure("the web server ended: \(process.complained)") }
            guard let port = process.printed.split(separator: " ").drop(while: { $0 != "port" }).dropFirst().first
            else {
                return false
            }
            address = "http://127.0.0.1:\(port)"
            return true
        }
        if !isReady { throw Failure("the web server was not ready within 20 seconds: \(process.complained)") }
    }

    deinit { process.crash() }
}
