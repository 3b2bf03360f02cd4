import EventLog
import Glibc
import Records
import Testing

/// What happens when the disk takes no more.
@Suite struct DiskFailureTests {
    /// Appends until the log stops. Returns how many events were acknowledged, and the reason of the stop.
    static func fill(_ log: EventLog) throws -> (acknowledged: Int, failure: LogError) {
        var acknowledged = 0
        var sample = Sample()
        sample.payload = Array(repeating: 1, count: 1000)
        while acknowledged < 100_000 {
            if let error = logError({ try log.store([sample]) }) { return (acknowledged, error) }
            acknowledged += 1
        }
        throw LimitNeverReached()
    }

    struct LimitNeverReached: Error {}

    @Test func theLogsOwnLimitStopsIt() throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(
            folder.configuration {
                $0.segmentBytes = 20_000
                $0.limitBytes = 100_000
            })
        let (acknowledged, failure) = try Self.fill(log)
        #expect(failure.code == .full)
        #expect(failure.description.contains("log.limit"))
        #expect(acknowledged > 50)
        // Nothing succeeds afterwards, not even what would fit.
        #expect(logError { try log.store([Sample()]) }?.code == .full)
        #expect(log.failure?.code == .full)
        #expect(log.waitForDurable(after: log.durableEnd, timeout: .seconds(60)) == log.durableEnd)
        #expect(logError { try log.close() }?.code == .full)

        let reopened = try EventLog.open(folder.configuration())
        #expect(reopened.nextPositions[0] == UInt64(acknowledged))
        try reopened.close()
    }

    /// The system refuses to let a file grow, as on a full disk.
    @Test(arguments: [true, false])
    func aRefusedWriteStopsTheLog(direct: Bool) async throws {
        let folder = TemporaryFolder()
        await #expect(processExitsWith: .success) { [path = folder.path as String, direct = direct as Bool] in
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            var configuration = EventLogConfiguration(directory: path)
            configuration.direct = direct
            let log = try EventLog.open(configuration)
            let (acknowledged, failure) = try DiskFailureTests.fill(log)
            guard failure.code == .disk, failure.description.contains(".segment"), acknowledged > 50 else { exit(1) }
            guard log.nextPositions[0] == acknowledged else { exit(2) }
            guard logError({ try log.store([Sample()]) })?.code == .disk else { exit(3) }
            exit(0)
        }
        let reopened = try EventLog.open(folder.configuration())
        #expect(reopened.nextPositions[0] > 50)
        try reopened.close()
    }

    @Test func aFolderThatCannotBeMadeIsNamed() {
        let error = logError { _ = try EventLog.open(EventLogConfiguration(directory: "/proc/nowhere/log")) }
        #expect(error?.code == .disk)
        #expect(error?.description.contains("/proc/nowhere") == true)
    }
}
