import Glibc
import Records
import Settings

/// What the thread of a connection does. Not thread-safe: that thread.
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
    /// What is to be sent, the oldest first; of the first `written` bytes are.
    private var output: [[UInt8]] = []
    private var written = 0
    /// When bytes last went in or out.
    private var lastProgress: Int64 = 0
    /// Why there is no connection, and until when none is tried.
    private var failure = RedisFailure.unreachable(reason: "", again: .zero)
    private var pause: Duration
    private var pausedUntil: Int64 = 0

    /// Messages up to this size go out together.
    private static let gathered = 64 << 10

    init(
        _ address: RedisAddress, _ configuration: RedisConfiguration, _ tls: TLSClient?, _ inbox: RedisConnection.Inbox
    ) {
        self.address = address
        self.configuration = configuration
        self.tls = tls
        self.inbox = inbox
        pause = configuration.reconnect
    }

    func run() {
        // OpenSSL writes without MSG_NOSIGNAL.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let (messages, isClosed) = inbox.take()
            if isClosed {
                for message in messages { finish(message, .failure(.closed)) }
                drop(.closed)
                return
            }
            if !messages.isEmpty { accept(messages) }
            do {
                try write()
                wait()
                try read(buffer)
            } catch {
                drop(error)
            }
        }
    }

    private func finish(_ message: RedisConnection.Message, _ result: Result<RedisConnection.Answer, RedisFailure>) {
        inbox.noteAnswered()
        message.done(result)
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
                append(message.bytes)
                var message = message
                message.bytes = []
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

    private func append(_ bytes: [UInt8]) {
        if output.count > 1, let last = output.last, last.count + bytes.count <= Self.gathered {
            output[output.count - 1] += bytes
        } else {
            output.append(bytes)
        }
    }

    // MARK: The connection

    private func connect() {
        guard MonotonicClock.microseconds >= pausedUntil else { return }
        do {
            let socket = try RedisSocket(address, tls: tls, timeout: configuration.connectTimeout)
            reader = RedisReplyReader()
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
        var replies: [RedisReply] = []
        var sent = 0
        let deadline = MonotonicClock.microseconds + configuration.connectTimeout.microseconds
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
        defer { buffer.deallocate() }
        while replies.count < commands.count {
            if sent < commands.bytes.count {
                sent += try socket.write(commands.bytes, from: sent)
            }
            let left = (deadline - MonotonicClock.microseconds) / 1000
            guard left > 0 else { throw .unreachable(reason: "the server gives no answer", again: .zero) }
            var entry = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
            if sent < commands.bytes.count { entry.events |= Int16(POLLOUT) }
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
        output = []
        written = 0
        let lost = waiting[answered...]
        waiting = []
        answered = 0
        for entry in lost { finish(entry.message, .failure(failure)) }
    }

    // MARK: Bytes

    private func write() throws(RedisFailure) {
        guard let socket else { return }
        while let first = output.first {
            let count = try socket.write(first, from: written)
            if count == 0 { return }
            lastProgress = MonotonicClock.microseconds
            written += count
            if written == first.count {
                output.removeFirst()
                written = 0
            }
        }
    }

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

    private func read(_ buffer: UnsafeMutableRawBufferPointer) throws(RedisFailure) {
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
