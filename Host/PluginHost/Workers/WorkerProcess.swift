import CRecords
import Glibc
package import Records
import Synchronization

/// A process of the host's own program that runs one plugin: `lectern worker`. All members: any thread.
package final class WorkerProcess: Sendable {
    /// The descriptors that a worker finds open.
    package static let channelDescriptor: Int32 = 3
    package static let memoryDescriptor: Int32 = 4

    package let id: Int32
    package let channel: WorkerChannel
    private let end = Mutex<ProcessEnd?>(nil)

    /// Starts a worker.
    ///
    /// - Parameters:
    ///   - plugin: the plugin's id, to be seen in the list of processes.
    ///   - memory: a file in memory that both share; nil if none is needed.
    package init(plugin: String, memory: Int32? = nil) throws(WorkerFailure) {
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw WorkerFailure("no socket for a worker: \(String(cString: strerror(errno)))")
        }
        defer { close(ends[1]) }
        channel = WorkerChannel(ends[0])
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        // What a plugin prints is not the host's result.
        posix_spawn_file_actions_adddup2(&actions, 2, 1)
        // Copies above all that stay, so that none overwrites the other.
        let socket = fcntl(ends[1], F_DUPFD_CLOEXEC, 64), shared = memory.map { fcntl($0, F_DUPFD_CLOEXEC, 64) }
        defer {
            close(socket)
            if let shared { close(shared) }
        }
        posix_spawn_file_actions_adddup2(&actions, socket, Self.channelDescriptor)
        if let shared { posix_spawn_file_actions_adddup2(&actions, shared, Self.memoryDescriptor) }
        // Sockets of the host among them: none may stay open after it. Not left to the worker, whose runtime has its own by
        // the time it could.
        lectern_spawn_closing_from(
            &actions, (shared == nil ? Self.channelDescriptor : Self.memoryDescriptor) + 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Ctrl-C in a terminal is for the host, which then ends its workers.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let words = ["lectern", "worker", plugin].map { (word: String) in strdup(word) }
        defer { for word in words { free(word) } }
        // Swift's own report of a crash would keep the process, and the socket with it, for half a minute.
        let quiet = strdup("SWIFT_BACKTRACE=enable=no")
        defer { free(quiet) }
        var environment: [UnsafeMutablePointer<CChar>?] = [quiet]
        for index in 0... {
            guard let variable = environ[index] else { break }
            if strncmp(variable, "SWIFT_BACKTRACE=", 16) != 0 { environment.append(variable) }
        }
        var id = pid_t()
        let code = posix_spawn(&id, "/proc/self/exe", &actions, &attributes, words + [nil], environment + [nil])
        guard code == 0 else { throw WorkerFailure("no worker could be started: \(String(cString: strerror(code)))") }
        self.id = id
    }

    deinit {
        kill()
        _ = wait()
    }

    /// Ends it at once.
    package func kill() {
        end.withLock { if $0 == nil { _ = Glibc.kill(id, SIGKILL) } }
    }

    /// Waits until it has ended.
    @discardableResult
    package func wait() -> ProcessEnd {
        end.withLock { end in
            if let end { return end }
            var status: Int32 = 0
            while waitpid(id, &status, 0) < 0, errno == EINTR {}
            let ended = ProcessEnd(status: status)
            end = ended
            return ended
        }
    }

    /// Nil once it has ended.
    package var memory: ProcessMemory? { ProcessMemory(of: id) }
}

/// Why a worker could not be started, or has ended.
package struct WorkerFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
