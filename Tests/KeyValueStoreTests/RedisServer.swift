import Foundation
import Glibc
import KeyValueStore
import Settings
import Synchronization

/// A redis-server of a test's own, in a folder of its own. It ends with this object, or with the process of the tests.
final class RedisServer: Sendable {
    enum Persistence: String, Sendable {
        case none, appendOnly, snapshots

        var arguments: [String] {
            switch self {
            case .none: ["--save", "", "--appendonly", "no"]
            case .appendOnly: ["--save", "", "--appendonly", "yes", "--appendfsync", "no"]
            case .snapshots: ["--save", "3600 1", "--appendonly", "no"]
            }
        }
    }

    /// Where it listens. A port is free when it is chosen.
    enum Place: Sendable {
        case unixSocket
        case port(Int)
        case tlsPort(Int)
    }

    struct NotStarted: Error, CustomStringConvertible { let description: String }

    let folder: String
    let place: Place
    private let arguments: [String]
    private let running = Mutex<(shell: pid_t, input: ChildInput, server: pid_t)?>(nil)

    /// Starts it, and waits until it answers.
    init(
        in folder: String, _ place: Place = .unixSocket, persistence: Persistence = .none, more: [String] = []
    ) throws {
        self.folder = folder
        self.place = place
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let listening =
            switch place {
            case .unixSocket: ["--port", "0", "--unixsocket", folder + "/s"]
            case .port(let port): ["--port", "\(port)", "--bind", "127.0.0.1"]
            case .tlsPort(let port): ["--port", "0", "--tls-port", "\(port)", "--bind", "127.0.0.1"]
            }
        arguments = ["--dir", folder] + listening + persistence.arguments + more
        try start()
    }

    // At once: one that wanted to save itself could not, once its folder has gone.
    deinit { kill() }

    /// A port that nobody has, nor 10000 above it, which a cluster's nodes talk at.
    static func freePort() -> Int {
        while true {
            let port = Int.random(in: 20_000..<32_000)
            if [port, port + 10_000].allSatisfy(isFree) { return port }
        }
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    var configuration: RedisConfiguration {
        switch place {
        case .unixSocket: RedisConfiguration(place: .server(.socket(folder + "/s")))
        case .port(let port), .tlsPort(let port):
            RedisConfiguration(place: .server(.tcp(host: "127.0.0.1", port: port)))
        }
    }

    func start() throws {
        let input = try ChildInput()
        unlink(folder + "/pid")
        // The shell ends the server when its input ends, which it does with this process.
        let script = """
            redis-server "$@" </dev/null & echo $! >"\(folder)/pid"
            cat >/dev/null; kill $!; wait $!
            """
        let words = ["sh", "-c", script, "sh"] + arguments
        let shell = try spawn(words, input: input.reading, output: folder + "/output")
        running.withLock { $0 = (shell, input, 0) }
        for _ in 0..<1500 {
            if let text = try? String(contentsOfFile: folder + "/pid", encoding: .utf8), let id = Int32(text.dropLast())
            {
                running.withLock { $0?.server = id }
                if Glibc.kill(id, 0) != 0 { break }
                // Not before its id is known: by that it is ended.
                if let answer = try? client("ping"), answer.hasPrefix("PONG") || answer.contains("NOAUTH") { return }
            }
            usleep(20_000)
        }
        let output = (try? String(contentsOfFile: folder + "/output", encoding: .utf8)) ?? ""
        stop()
        throw NotStarted(description: "redis-server \(arguments.joined(separator: " ")): \(output)")
    }

    /// Has it end as an operator would, and waits for that.
    func stop() {
        let ended = running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let (shell, input, _) = ended else { return }
        input.close()
        waitpid(shell, nil, 0)
    }

    /// Ends it at once, and waits for that.
    func kill() {
        if let id = running.withLock({ $0?.server }), id > 0 { Glibc.kill(id, SIGKILL) }
        stop()
    }

    /// What redis-cli prints.
    @discardableResult
    func client(_ words: String...) throws -> String { try client(words) }

    @discardableResult
    func client(_ words: [String]) throws -> String {
        let address =
            switch place {
            case .unixSocket: ["-s", folder + "/s"]
            case .port(let port): ["-p", "\(port)"]
            case .tlsPort(let port): ["-p", "\(port)", "--tls", "--insecure"]
            }
        return try run("redis-cli", address + words)
    }
}

/// A pipe to a child.
final class ChildInput: Sendable {
    let reading: Int32
    private let writing: Int32
    private let isOpen = Mutex(true)

    init() throws {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw POSIXError(.EMFILE) }
        (reading, writing) = (ends[0], ends[1])
    }

    deinit { close() }

    func close() {
        let wasOpen = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        if !wasOpen { return }
        Glibc.close(reading)
        Glibc.close(writing)
    }
}

/// Starts a program which gets nothing else that this process has open, and which signals reach.
private func spawn(_ words: [String], input: Int32?, output: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
        posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // glibc has it; the module map does not show it.
    if let closeFrom = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") {
        _ = unsafeBitCast(
            closeFrom,
            to: (@convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32).self)(&actions, 3)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var nothing = sigset_t()
    sigemptyset(&nothing)
    posix_spawnattr_setsigmask(&attributes, &nothing)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let arguments = words.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    var id = pid_t()
    let code = posix_spawnp(&id, words[0], &actions, &attributes, arguments + [nil], environ)
    guard code == 0 else {
        throw RedisServer.NotStarted(description: "\(words[0]): \(String(cString: strerror(code)))")
    }
    return id
}

/// Runs a program to its end; returns what it prints.
@discardableResult
func run(_ program: String, _ arguments: [String]) throws -> String {
    let output = NSTemporaryDirectory() + "lectern-kvs-\(UUID()).txt"
    defer { unlink(output) }
    let id = try spawn([program] + arguments, input: nil, output: output)
    waitpid(id, nil, 0)
    return try String(contentsOfFile: output, encoding: .utf8)
}
