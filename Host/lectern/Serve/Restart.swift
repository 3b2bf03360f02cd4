import CRecords
import Glibc
import Records

/// How a host begins anew after a plugin in its process has ended it: the process becomes the same program once more, so
/// whoever watches it sees no end.
enum Restart {
    /// In the environment: how often it has begun anew, and when last, in seconds.
    private static let variable = "LECTERN_RESTARTS"
    private static let limit = 5
    private static let memory = 60

    private static var now: Int { Int(MonotonicClock.microseconds / 1_000_000) }

    /// How often it has begun anew within the last minute.
    private static var count: Int {
        guard let value = getenv(variable) else { return 0 }
        let parts = String(cString: value).split(separator: ",").compactMap { Int($0) }
        return parts.count == 2 && now - parts[1] < memory ? parts[0] : 0
    }

    /// Whether it may begin anew once more: something that a worker does not cure would go on for ever.
    static var isAllowed: Bool { count < limit }

    /// From now on a crash in a plugin makes the process begin anew.
    static func enable(arguments: [String]) {
        setenv(variable, "\(count + 1),\(now)", 1)
        prepare(arguments)
    }

    /// Begins anew, at once. Returns why that was not possible.
    static func beginAnew(arguments: [String]) -> InputFailure {
        // No crash: it does not count as one.
        unsetenv(variable)
        prepare(arguments)
        lectern_restart()
        return InputFailure("the host can't begin anew: \(String(cString: strerror(errno))); start it again")
    }

    private static func prepare(_ arguments: [String]) {
        // Never freed: a crash needs them.
        let words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: arguments.count + 1)
        for (index, argument) in arguments.enumerated() { words[index] = strdup(argument) }
        words[arguments.count] = nil
        lectern_restart_on_crash(words)
    }

    /// To be called first: waits for the workers of the life before, which end by themselves.
    static func finish() {
        guard getenv(variable) != nil else { return }
        var status: Int32 = 0
        for _ in 0..<100 where waitpid(-1, &status, WNOHANG) >= 0 { usleep(10_000) }
    }
}
