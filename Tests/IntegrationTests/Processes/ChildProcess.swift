import Foundation
import Glibc

/// A program that runs; what it prints goes to files. Killed when nobody holds it any more.
final class ChildProcess {
    enum Exit: Equatable {
        case code(Int32)
        case signal(Int32)
    }

    /// Keeps from the program what other tests of this process have open. glibc has it; the module map does not show it.
    private static let closeFrom = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map {
        unsafeBitCast($0, to: (@convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32).self)
    }

    let id: pid_t
    private let output: String
    private let errors: String
    private let folder: TemporaryFolder
    private var exit: Exit?

    /// - Parameter input: its standard input; nil: it has none.
    init(_ program: String, _ arguments: [String], input: Int32? = nil) throws {
        folder = try TemporaryFolder()
        output = "\(folder.path)/output"
        errors = "\(folder.path)/errors"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let create = O_WRONLY | O_CREAT | O_TRUNC
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, 1, output, create, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, errors, create, 0o644)
        _ = Self.closeFrom?(&actions, 3)
        // The runtime's threads block signals, and a program that is begun blocks what the thread that begins it blocks.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var nothing = sigset_t()
        sigemptyset(&nothing)
        posix_spawnattr_setsigmask(&attributes, &nothing)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let words = ([program] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        var id = pid_t()
        let code = posix_spawnp(&id, program, &actions, &attributes, words + [nil], environ)
        guard code == 0 else { throw Failure("\(program): \(String(cString: strerror(code)))") }
        self.id = id
    }

    deinit {
        guard exit == nil else { return }
        kill(id, SIGKILL)
        waitpid(id, nil, 0)
    }

    /// What it has printed so far.
    var printed: String { Self.text(output) }
    var complained: String { Self.text(errors) }

    var isRunning: Bool {
        if exit == nil {
            var status: Int32 = 0
            if waitpid(id, &status, WNOHANG) == id { note(status) }
        }
        return exit == nil
    }

    func send(_ signal: Int32) {
        guard isRunning else { return }
        kill(id, signal)
    }

    /// kill -9, which leaves it no time for anything.
    func crash() {
        guard isRunning else { return }
        kill(id, SIGKILL)
        var status: Int32 = 0
        if waitpid(id, &status, 0) == id { note(status) }
    }

    /// Waits for its end; after so many seconds kills it and throws.
    @discardableResult
    func wait(seconds: Double = 60) throws -> Exit {
        guard try eventually(seconds: seconds, { !isRunning }), let exit else {
            crash()
            throw Failure("it did not end within \(seconds) seconds; it said: \(complained)")
        }
        return exit
    }

    private func note(_ status: Int32) {
        let signal = status & 0x7f
        exit = signal == 0 ? .code(status >> 8 & 0xff) : .signal(signal)
    }

    private static func text(_ path: String) -> String {
        String(decoding: (try? Data(contentsOf: URL(filePath: path))) ?? Data(), as: UTF8.self)
    }
}

/// Looks every few milliseconds until it is so; false if that took too long.
func eventually(seconds: Double = 10, _ condition: () throws -> Bool) throws -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    repeat {
        if try condition() { return true }
        usleep(2_000)
    } while clock.now < end
    return try condition()
}

/// Runs a program to its end and returns what it printed; throws what it says when it fails.
@discardableResult
func run(_ program: String, _ arguments: [String], seconds: Double = 60) throws -> String {
    let process = try ChildProcess(program, arguments)
    let exit = try process.wait(seconds: seconds)
    guard exit == .code(0) else {
        throw Failure("\(program) \(arguments.joined(separator: " ")): \(exit): \(process.complained)")
    }
    return process.printed
}
