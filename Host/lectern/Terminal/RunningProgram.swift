import Glibc
import Records

/// Another program while it runs. Not thread-safe.
final class RunningProgram {
    let id: pid_t
    private var end: ProcessEnd?

    /// - Parameters:
    ///   - output, errors: files that its standard output and error go to.
    ///   - group: whether it is in a group of its own: Ctrl-C on the terminal then does not reach it.
    init(_ program: Program, output: Int32, errors: Int32, group: Bool = false) throws(InputFailure) {
        for (name, value) in program.environment { setenv(name, value, 1) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The runtime's threads block signals, and a program that is begun blocks what the thread that begins it blocks.
        var nothing = sigset_t()
        sigemptyset(&nothing)
        posix_spawnattr_setsigmask(&attributes, &nothing)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | (group ? POSIX_SPAWN_SETPGROUP : 0)))
        let words = ([program.name] + program.arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        var id = pid_t()
        let code = posix_spawnp(&id, program.name, &actions, &attributes, words + [nil], environ)
        guard code == 0 else { throw InputFailure("\(program.name) can't be run: \(String(cString: strerror(code)))") }
        self.id = id
    }

    var isRunning: Bool {
        if end == nil { look(WNOHANG) }
        return end == nil
    }

    /// Waits for its end.
    func wait() -> ProcessEnd {
        while true {
            if let end { return end }
            look(0)
        }
    }

    /// Waits for its end, at most so long; nil if it runs on.
    func wait(seconds: Double) -> ProcessEnd? {
        let limit = MonotonicClock.microseconds + Int64(seconds * 1e6)
        while isRunning {
            if MonotonicClock.microseconds >= limit { return nil }
            usleep(2_000)
        }
        return end
    }

    func send(_ signal: Int32) {
        if isRunning { kill(id, signal) }
    }

    private func look(_ options: Int32) {
        var status: Int32 = 0
        guard waitpid(id, &status, options) == id else { return }
        end = ProcessEnd(status: status)
    }
}
