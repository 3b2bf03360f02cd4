import CPostgreSQL
import Glibc
import Records
import Settings

/// What whoever uses a connection makes of its failures.
package protocol PostgreSQLFailure: Error {
    /// The server can't be reached, or went away meanwhile.
    static func away(_ reason: String) -> Self
    /// It refused: what was asked, and what it said.
    static func refused(action: String, reason: String) -> Self
}

/// A connection to a PostgreSQL server. Not thread-safe. Blocks, but no longer than the time limit without a word of the
/// server.
package final class PostgreSQLConnection<Failure: PostgreSQLFailure> {
    private let connection: OpaquePointer
    /// Microseconds.
    private let timeout: Int64

    package init(_ configuration: PostgreSQLConfiguration) throws(Failure) {
        timeout = configuration.timeout.microseconds
        let parameters = configuration.parameters
        let keywords = parameters.map { strdup($0.keyword) } + [nil]
        let values = parameters.map { strdup($0.value) } + [nil]
        defer { for text in keywords + values { free(text) } }
        let connection = keywords.map { UnsafePointer($0) }.withUnsafeBufferPointer { keywords in
            values.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
                PQconnectStartParams(keywords.baseAddress!, values.baseAddress!, 0)
            }
        }
        guard let connection else { throw .away("there is no memory for a connection") }
        self.connection = connection
        try finishConnecting()
        PQsetnonblocking(connection, 1)
        // What the server has to say beside errors would go to standard error.
        PQsetNoticeProcessor(connection, { _, _ in }, nil)
    }

    deinit { PQfinish(connection) }

    package var version: Int { Int(PQserverVersion(connection)) }
    package var user: String { PQuser(connection).map { String(cString: $0) } ?? "" }
    package var database: String { PQdb(connection).map { String(cString: $0) } ?? "" }

    private func finishConnecting() throws(Failure) {
        let end = MonotonicClock.microseconds + timeout
        guard PQstatus(connection) != CONNECTION_BAD else { throw .away(message) }
        var events = Int16(POLLOUT)
        while true {
            try wait(for: events, until: end)
            switch PQconnectPoll(connection) {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: events = Int16(POLLIN)
            case PGRES_POLLING_WRITING: events = Int16(POLLOUT)
            default: throw .away(message)
            }
        }
    }

    // MARK: Statements

    /// Runs a statement, or several without parameters. Returns the last one's rows.
    /// - Parameter action: what it is for, in an error: `make the table "x"`.
    @discardableResult
    package func run(
        _ sql: String, _ parameters: [String?] = [], to action: @autoclosure () -> String
    ) throws(Failure) -> [[String?]] {
        let sent =
            parameters.isEmpty
            ? PQsendQuery(connection, sql)
            : Self.withTexts(parameters) {
                PQsendQueryParams(connection, sql, Int32(parameters.count), nil, $0, nil, nil, 0)
            }
        guard sent == 1 else { throw .away(message) }
        try flush()
        var rows: [[String?]] = []
        var failure: Failure?
        while let result = try nextResult() {
            defer { PQclear(result) }
            do throws(Failure) { rows = try self.rows(of: result, action()) } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return rows
    }

    /// Runs statements that each have parameters, without waiting for one's answer before the next.
    package func runAll(_ statements: [(sql: String, parameters: [String?])], to action: String) throws(Failure) {
        guard PQenterPipelineMode(connection) == 1 else { throw .away(message) }
        for (sql, parameters) in statements {
            let sent = Self.withTexts(parameters) {
                PQsendQueryParams(connection, sql, Int32(parameters.count), nil, $0, nil, nil, 0)
            }
            guard sent == 1 else { throw .away(message) }
        }
        guard PQpipelineSync(connection) == 1 else { throw .away(message) }
        try flush()
        var failure: Failure?
        var isSynchronised = false
        while !isSynchronised {
            guard let result = try nextResult() else {
                guard PQstatus(connection) == CONNECTION_OK else { throw .away(message) }
                continue
            }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC: isSynchronised = true
            case PGRES_PIPELINE_ABORTED: break
            default:
                do throws(Failure) { _ = try rows(of: result, action) } catch { failure = failure ?? error }
            }
        }
        PQexitPipelineMode(connection)
        if let failure { throw failure }
    }

    /// Runs `COPY … FROM STDIN` with what `body` hands over, in PostgreSQL's text format.
    package func copy(
        _ sql: String, to action: String,
        _ body: ((UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) -> Void
    ) throws(Failure) {
        guard PQsendQuery(connection, sql) == 1 else { throw .away(message) }
        try flush()
        var begun = false
        while let result = try nextResult() {
            defer { PQclear(result) }
            if PQresultStatus(result) == PGRES_COPY_IN {
                begun = true
                break
            }
            _ = try rows(of: result, action)
        }
        guard begun else { throw .refused(action: action, reason: "it does not take rows") }
        try body { (bytes) throws(Failure) in
            while true {
                let put = PQputCopyData(connection, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count))
                if put == 1 { return }
                if put < 0 { throw .away(message) }
                try flush()
            }
        }
        while true {
            let put = PQputCopyEnd(connection, nil)
            if put == 1 { break }
            if put < 0 { throw .away(message) }
            try flush()
        }
        try flush()
        var failure: Failure?
        while let result = try nextResult() {
            defer { PQclear(result) }
            do throws(Failure) { _ = try rows(of: result, action) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    private static func withTexts<Result>(
        _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = texts.map { text in text.map { strdup($0)! } }
        defer { for copy in copies { free(copy) } }
        return copies.map { UnsafePointer($0) }.withUnsafeBufferPointer { body($0.baseAddress!) }
    }

    /// What a statement has answered. Of an error only what it says of itself: no row, which may name students.
    private func rows(of result: OpaquePointer, _ action: String) throws(Failure) -> [[String?]] {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK:
            return (0..<PQntuples(result)).map { row in
                (0..<PQnfields(result)).map { column in
                    PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
                }
            }
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return []
        default:
            func field(_ code: CChar) -> String? {
                PQresultErrorField(result, Int32(code)).map { String(cString: $0) }
            }
            let state = field(CChar(UInt8(ascii: "C")))
            let reason = field(CChar(UInt8(ascii: "M"))) ?? message
            // Of these classes: the server ends, starts, or has no room for one more.
            let isAway = state.map { $0.hasPrefix("57P") || $0.hasPrefix("08") || $0 == "53300" } ?? true
            if isAway { throw .away(reason) }
            throw .refused(action: action, reason: reason + (state.map { " (SQLSTATE \($0))" } ?? ""))
        }
    }

    // MARK: Waiting

    private var message: String {
        let text = PQerrorMessage(connection).map { String(cString: $0) } ?? ""
        return text.split(separator: "\n").joined(separator: " ")
    }

    /// The next result of what was sent; nil after the last one of a statement.
    private func nextResult() throws(Failure) -> OpaquePointer? {
        while PQisBusy(connection) == 1 {
            try wait(for: Int16(POLLIN), until: MonotonicClock.microseconds + timeout)
            guard PQconsumeInput(connection) == 1 else { throw .away(message) }
        }
        return PQgetResult(connection)
    }

    /// Sends what is buffered, and takes what the server says meanwhile.
    private func flush() throws(Failure) {
        while true {
            let left = PQflush(connection)
            if left == 0 { return }
            if left < 0 { throw .away(message) }
            try wait(for: Int16(POLLIN | POLLOUT), until: MonotonicClock.microseconds + timeout)
            guard PQconsumeInput(connection) == 1 else { throw .away(message) }
        }
    }

    private func wait(for events: Int16, until end: Int64) throws(Failure) {
        while true {
            let left = end - MonotonicClock.microseconds
            guard left > 0 else { throw .away("it did not answer within \(Double(timeout) / 1_000_000) s") }
            var descriptor = pollfd(fd: PQsocket(connection), events: events, revents: 0)
            let ready = poll(&descriptor, 1, Int32(clamping: left / 1000 + 1))
            if ready > 0 { return }
            if ready < 0, errno != EINTR { throw .away(String(cString: strerror(errno))) }
        }
    }
}
