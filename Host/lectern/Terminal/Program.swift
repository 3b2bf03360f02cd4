import Glibc
import Records

/// Another program, run and waited for.
struct Program {
    /// What a program printed, and how it ended.
    struct Captured {
        let end: ProcessEnd
        let output: String
        let errors: String
    }

    /// A path, or a name to be found on the PATH.
    let name: String
    let arguments: [String]
    /// What its environment has beyond ours.
    var environment: [String: String] = [:]

    /// Runs it with our standard input and error; what it prints goes to our standard error, since it is not this
    /// command's result.
    func run() throws(InputFailure) -> ProcessEnd { try start(output: 2, errors: 2) }

    /// Runs it and keeps what it prints.
    func capture() throws(InputFailure) -> Captured {
        let output = try Self.nameless(), errors = try Self.nameless()
        defer {
            close(output)
            close(errors)
        }
        let end = try start(output: output, errors: errors)
        return Captured(end: end, output: Self.text(output), errors: Self.text(errors))
    }

    /// Runs it with our standard error, and keeps what it prints.
    func captureOutput() throws(InputFailure) -> Captured {
        let output = try Self.nameless()
        defer { close(output) }
        let end = try start(output: output, errors: 2)
        return Captured(end: end, output: Self.text(output), errors: "")
    }

    /// As `capture`, but ends it when the user wants to stop.
    ///
    /// - Parameter tick: called again and again with the seconds since it began.
    func captureUntilInterrupted(_ tick: (Double) -> Void = { _ in }) throws -> Captured {
        let output = try Self.nameless(), errors = try Self.nameless()
        defer {
            close(output)
            close(errors)
        }
        let running = try RunningProgram(self, output: output, errors: errors)
        let began = MonotonicClock.microseconds
        while running.isRunning {
            do {
                try Interruption.check()
            } catch {
                running.send(SIGINT)
                if running.wait(seconds: 5) == nil { running.send(SIGKILL) }
                throw error
            }
            tick(Double(MonotonicClock.microseconds - began) / 1e6)
            usleep(2_000)
        }
        return Captured(end: running.wait(), output: Self.text(output), errors: Self.text(errors))
    }

    private func start(output: Int32, errors: Int32) throws(InputFailure) -> ProcessEnd {
        try RunningProgram(self, output: output, errors: errors).wait()
    }

    /// A file without a name, for what is read back soon. Files, not pipes: nobody needs to read while it writes.
    private static func nameless() throws(InputFailure) -> Int32 {
        var name = Array("/tmp/lectern.XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else {
            throw InputFailure("no file can be made in /tmp: \(String(cString: strerror(errno)))")
        }
        unlink(name)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    private static func text(_ descriptor: Int32) -> String {
        var status = stat()
        fstat(descriptor, &status)
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }

    /// A signal as people know it: SIGSEGV.
    static func name(of signal: Int32) -> String {
        let names = [
            SIGILL: "SIGILL", SIGTRAP: "SIGTRAP", SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE",
            SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM",
            SIGINT: "SIGINT",
        ]
        return names[signal] ?? "signal \(signal)"
    }
}
