import Glibc
import Records
import Settings

/// What a connection does, on a thread of its own or on those that ask. Not thread-safe.
final class RedisConnectionLoop {
    private struct Waiting {
        var message: RedisConnection.Message
        var replies: [RedisReply] = []
    }

    private let address: RedisAddress
    private let configuration: RedisConfiguration
    private let tls: TLSClient?
    private let inbox: RedisConnection.Inbox
    private var socket: RedisSocket?
    private var number = 0
    private var reader = RedisReplyReader()
    /// Sent, or to be sent; the oldest first. Those before `answered` have their answers.
    private var waiting: [Waiting] = []
    private var answered = 0
    private var output = RedisOutput()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    private var outcomes: [RedisConnection.Outcome] = []
    /// When bytes last went in or out.
    private var lastProgress: Int64 = 0
    /// Why there is no connection, and until when none is tried.
    private var failure = RedisFailure.unreachable(reason: "", again: .zero)
    private var pause: Duration
    private var pausedUntil: Int64 = 0

    init(
        _ address: RedisAddress, _ configuration: RedisConfiguration, _ tls: TLSClient?, _ inbox: RedisConnection.Inbox
    ) {
        self.address = address
        self.configuration = configuration
        self.tls = tls
        self.inbox = inbox
        pause = configuration.reconnect
    }

    deinit { buffer.deallocate() }

    // MARK: Driving

    /// Takes messages from the inbox until it is closed.
    func run() {
        // OpenSSL writes without MSG_NOSIGNAL.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        while true {
            let (messages, isClosed) = inbox.take()
            if isClosed {
                for message in messages { finish(message, .failure(.closed)) }
                drop(.closed)
                return tell()
            }
            if !messages.isEmpty { accept(messages) }
            // Before it waits for anything.
            tell()
            progress()
            tell()
        }
    }

    private func tell() {
        for outcome in takeOutcomes() {
            inbox.noteAnswered()
            outcome.tell()
        }
    }

    /// Sends a message and waits until something has come of it: its answer, a failure, or the inbox's closing.
    func exchange(_ message: RedisConnection.Message) {
        if inbox.isClosed { return finish(message, .failure(.closed)) }
        // The server may have ended the connection since.
        do { try read() } catch { drop(error) }
        accept([message])
        while !waiting.isEmpty {
            if inbox.isClosed { drop(.closed) } else { progress() }
        }
    }

    /// Ends the connection.
    func end() { drop(.closed) }

    /// What has come of messages since it was asked last.
    func takeOutcomes() -> [RedisConnection.Outcome] {
        defer { outcomes = [] }
        return outcomes
    }

    /// Does what can be done, and waits for more to do.
    private func progress() {
        do {
            if let socket, try output.write(to: socket) { lastProgress = MonotonicClock.microseconds }
            wait()
            try read()
        } catch {
            drop(error)
        }
    }

    private func finish(_ message: RedisConnection.Message, _ result: Result<RedisConnection.Answer, RedisFailure>) {
        outcomes.append(RedisConnection.Outcome(message: message, result: result))
    }

    private func accept(_ messages: [RedisConnection.Message]) {
        if socket == nil { connect() }
        for message in messages {
            if socket == nil {
                finish(message, .failure(absence))
            } else if let wanted = message.number, wanted != number {
                finish(message, .failure(.otherConnection))
            } else {
                if waiting.isEmpty { lastProgress = MonotonicClock.microseconds }
                output.append(message.bytes)
                var message = message
                message.bytes = RedisBytes()
                waiting.append(Waiting(message: message))
            }
        }
    }

    /// Why a message can't be sent.
    private var absence: RedisFailure {
        if case .refused = failure { return failure }
        let again = max(0, pausedUntil - MonotonicClock.microseconds)
        return .unreachable(reason: failure.reason, again: .microseconds(again))
    }

    // MARK: The connection

    private func connect() {
        guard MonotonicClock.microseconds >= pausedUntil else { return }
        do {
            let socket = try RedisSocket(address, tls: tls, timeout: configuration.connectTimeout)
            reader = RedisReplyReader()
            output.removeAll()
            try greet(socket)
            self.socket = socket
            number += 1
            pause = configuration.reconnect
        } catch {
            failure = error
            pausedUntil = MonotonicClock.microseconds + pause.microseconds
            pause = min(pause * 2, configuration.reconnectLimit)
        }
    }

    /// Says who we are, and waits for the answers.
    private func greet(_ socket: RedisSocket) throws(RedisFailure) {
        var commands = RedisCommands()
        if let password = configuration.password {
            let user = configuration.user.map { [RedisWord($0)] } ?? []
            commands.add("AUTH", user + [RedisWord(password.value)])
        }
        if configuration.database != 0 { commands.add("SELECT", RedisWord(configuration.database)) }
        commands.add("CLIENT", RedisWord("SETNAME"), RedisWord("lectern"))
        // A server that wants a password answers this with an error, whatever it thinks of names.
        commands.add("PING")
        output.append(commands.bytes)
        var replies: [RedisReply] = []
        let deadline = MonotonicClock.microseconds + configuration.connectTimeout.microseconds
        while replies.count < commands.count {
            _ = try output.write(to: socket)
            let left = (deadline - MonotonicClock.microseconds) / 1000
            guard left > 0 else { throw .unreachable(reason: "the server gives no answer", again: .zero) }
            var entry = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
            if !output.isEmpty { entry.events |= Int16(POLLOUT) }
            poll(&entry, 1, Int32(clamping: left))
            while let count = try socket.read(into: buffer) {
                try reader.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { replies.append($0) }
            }
        }
        for (index, reply) in replies.enumerated() where index != replies.count - 2 {
            guard let text = reply.error, !(index == replies.count - 1 && text.hasPrefix("NOPERM")) else { continue }
            if text.hasPrefix("LOADING") || text.hasPrefix("MASTERDOWN") {
                throw .unreachable(reason: text, again: .zero)
            }
            throw .refused(reason: text)
        }
    }

    /// Gives the connection up, and fails all that waits for an answer.
    private func drop(_ failure: RedisFailure) {
        socket = nil
        output.removeAll()
        let lost = waiting[answered...]
        waiting = []
        answered = 0
        for entry in lost { finish(entry.message, .failure(failure)) }
    }

    // MARK: Bytes

    /// Waits for bytes, room for bytes, or messages.
    private func wait() {
        var entries = [pollfd(fd: inbox.event, events: Int16(POLLIN), revents: 0)]
        var timeout: Int32 = -1
        if let socket {
            let events = output.isEmpty ? POLLIN : POLLIN | POLLOUT
            entries.append(pollfd(fd: socket.descriptor, events: Int16(events), revents: 0))
            if !waiting.isEmpty {
                let left = lastProgress + configuration.timeout.microseconds - MonotonicClock.microseconds
                timeout = Int32(clamping: max(0, left / 1000 + 1))
            }
        }
        poll(&entries, nfds_t(entries.count), timeout)
    }

    private func read() throws(RedisFailure) {
        guard let socket else { return }
        var strange = false
        while let count = try socket.read(into: buffer) {
            lastProgress = MonotonicClock.microseconds
            try reader.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { reply in
                guard answered < waiting.count else {
                    strange = true
                    return
                }
                waiting[answered].replies.append(reply)
                let entry = waiting[answered]
                guard entry.replies.count == entry.message.answers else { return }
                waiting[answered].replies = []
                answered += 1
                finish(entry.message, .success(RedisConnection.Answer(replies: entry.replies, number: number)))
            }
            if strange { throw .lost(reason: "found an answer that nobody has asked for") }
        }
        if answered == waiting.count || answered > 1000 {
            waiting.removeFirst(answered)
            answered = 0
        }
        if !waiting.isEmpty, MonotonicClock.microseconds - lastProgress > configuration.timeout.microseconds {
            throw .lost(reason: "the server gives no answer")
        }
    }
}
