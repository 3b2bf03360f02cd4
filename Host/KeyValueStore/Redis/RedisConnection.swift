import Glibc
import Records
import Synchronization

/// A connection to one server, on a thread of its own: requests of all threads go out one after the other, as many at
/// once as have come, and their answers come back in their order.
///
/// It connects when there is something to send. A request that can't be sent fails at once, and says when to try again.
/// All members: any thread.
final class RedisConnection: Sendable {
    struct Message: Sendable {
        var bytes: [UInt8]
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

    private let inbox: Inbox
    private let thread: WorkThread

    init(_ address: RedisAddress, _ configuration: RedisConfiguration, _ tls: TLSClient?) {
        let inbox = Inbox(limit: configuration.pipeline)
        self.inbox = inbox
        thread = WorkThread(name: "kvs.redis") {
            RedisConnectionLoop(address, configuration, tls, inbox).run()
        }
    }

    /// `message.done` is called once, on the connection's thread or before this returns.
    func send(_ message: Message) { inbox.put(message) }

    /// Ends the connection; what was not answered fails. To be called once, and not by `done`.
    func close() {
        inbox.close()
        thread.join()
    }
}
