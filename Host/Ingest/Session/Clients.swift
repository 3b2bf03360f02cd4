import EventLog
import Synchronization

/// The marks of the clients that number their frames and have a connection or something on its way to the disk; those
/// of the others are in the log. Any thread.
final class Clients: Sendable {
    private struct Entry {
        let mark: ClientMark
        var users: Int
    }

    private let log: EventLog
    private let entries = Mutex<[String: Entry]>([:])

    init(log: EventLog) { self.log = log }

    /// The client's mark, the same one for all of its connections. Give it back with `release`.
    func acquire(_ client: String) -> ClientMark {
        entries.withLock { entries in
            if let mark = entries[client]?.mark {
                entries[client]?.users += 1
                return mark
            }
            let mark = ClientMark(client: client, durable: log.highestSequence(client: client) ?? 0)
            entries[client] = Entry(mark: mark, users: 1)
            return mark
        }
    }

    /// Another use of a mark that is in use.
    func retain(_ mark: ClientMark) {
        entries.withLock { $0[mark.client]?.users += 1 }
    }

    func release(_ mark: ClientMark) {
        entries.withLock { entries in
            guard let users = entries[mark.client]?.users else { return }
            if users > 1 { entries[mark.client]?.users = users - 1 } else { entries[mark.client] = nil }
        }
    }
}

/// How far a client's numbered frames have been taken.
final class ClientMark: Sendable {
    let client: String
    /// The highest number that went on to the log or the dead letters. The lock is held while a read of one of the
    /// client's connections is taken, so that several of them see, and the log holds, one order.
    let accepted: Mutex<UInt64>
    private let durableNumber: Atomic<UInt64>

    init(client: String, durable: UInt64) {
        self.client = client
        accepted = Mutex(durable)
        durableNumber = Atomic(durable)
    }

    /// All frames up to this number are in the log or the dead letters, for good.
    var durable: UInt64 { durableNumber.load(ordering: .acquiring) }

    /// All up to `number` have become durable.
    func becameDurable(_ number: UInt64) { durableNumber.max(number, ordering: .releasing) }
}
