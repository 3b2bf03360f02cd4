import Glibc
import Records
import Synchronization

/// A connection to one server: requests of all threads go out one after the other, and their answers come back in their
/// order. Most have a thread of their own, which sends as many requests at once as have come.
///
/// It connects when there is something to send. A request that can't be sent fails at once, and says when to try again.
/// All members: any thread.
final class RedisConnection: Sendable {
    struct Message: Sendable {
        var bytes: RedisBytes
        /// How many answers it gets.
        var answers: Int
        /// The number of the connection that it is meant for alone, since it builds on what was said there; nil: any.
        var number: Int?
        var done: @Sendable (Result<Answer, RedisFailure>) -> Void
    }

    struct Answer: Sendable {
        var replies: [RedisReply]
        /// Of the connection: each time it is made it has another one.
        var number: Int
    }

    /// What has come of a message.
    struct Outcome: Sendable {
        var message: Message
        var result: Result<Answer, RedisFailure>

        func tell() { message.done(result) }
    }

    /// What its thread is given.
    final class Inbox: Sendable {
        private struct State {
            var messages: [Message] = []
            var unanswered = 0
            var isClosed = false
        }

        private let state = Mutex(State())
        private let limit: Int
        /// Becomes readable when there is something to take.
        let event: Int32
        private let bell: Int32

        init(limit: Int) {
            self.limit = limit
            var ends: [Int32] = [0, 0]
            let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            precondition(socketpair(AF_UNIX, type, 0, &ends) == 0, "the system has no room for another file")
            (event, bell) = (ends[0], ends[1])
        }

        deinit {
            Glibc.close(event)
            Glibc.close(bell)
        }

        func put(_ message: Message) {
            let failure: RedisFailure? = state.withLock { state in
                if state.isClosed { return .closed }
                if state.unanswered >= limit { return .full }
                state.messages.append(message)
                state.unanswered += 1
                return nil
            }
            if let failure { message.done(.failure(failure)) } else { wake() }
        }

        func close() {
            state.withLock { $0.isClosed = true }
            wake()
        }

        var isClosed: Bool { state.withLock { $0.isClosed } }

        /// All that came, and whether nothing more will.
        func take() -> (messages: [Message], isClosed: Bool) {
            var rings = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
            while read(event, &rings, 32) == 32 {}
            return state.withLock { state in
                defer { state.messages = [] }
                return (state.messages, state.isClosed)
            }
        }

        func noteAnswered() { state.withLock { $0.unanswered -= 1 } }

        private func wake() {
            var ring: UInt8 = 1
            // A bell that has no room has rung already.
            write(bell, &ring, 1)
        }
    }

    private enum Driver: ~Copyable, Sendable {
        case thread(WorkThread)
        case callers(Mutex<RedisConnectionLoop>)
    }

    private let inbox: Inbox
    private let driver: Driver

    /// - Parameter callersWait: who sends waits for the answer anyway: so the connection needs no thread, and no request is
    ///   handed from one to another, which takes longer than a short request.
    init(
        _ address: RedisAddress, _ configuration: RedisConfiguration, _ tls: TLSClient?, callersWait: Bool
    ) {
        let inbox = Inbox(limit: configuration.pipeline)
        self.inbox = inbox
        // With TLS it has a thread in any case, whose signals are blocked.
        if callersWait && tls == nil {
            driver = .callers(Mutex(RedisConnectionLoop(address, configuration, nil, inbox)))
        } else {
            driver = .thread(
                WorkThread(name: "kvs.redis") { RedisConnectionLoop(address, configuration, tls, inbox).run() })
        }
    }

    /// `message.done` is called once, on the connection's thread or before this returns.
    func send(_ message: Message) {
        switch driver {
        case .thread: inbox.put(message)
        case .callers(let loop):
            let outcomes = loop.withLock { loop in
                loop.exchange(message)
                return loop.takeOutcomes()
            }
            for outcome in outcomes { outcome.tell() }
        }
    }

    /// Ends the connection; what was not answered fails. To be called once, and not by `done`.
    func close() {
        inbox.close()
        switch driver {
        case .thread(let thread): thread.join()
        // Whoever waits is told, and what is sent later fails.
        case .callers(let loop): loop.withLock { $0.end() }
        }
    }
}
