/// Which node of a cluster has which keys: those whose hash tag, the text in braces, has one of its slots.
struct RedisSlots: Sendable {
    static let count = 16_384

    /// By slot, an index in `nodes`; -1: nobody's.
    private var owners = [Int16](repeating: -1, count: Self.count)
    private(set) var nodes: [RedisAddress] = []

    init() {}

    /// Reads the answer to `CLUSTER SLOTS`. Nil if it is none.
    ///
    /// - Parameter asked: the node that has answered, which may leave its own address out.
    init?(_ reply: RedisReply, asked: RedisAddress) {
        guard let ranges = reply.list else { return nil }
        for range in ranges {
            guard let parts = range.list, parts.count >= 3, let first = parts[0].integer, let last = parts[1].integer,
                (0..<Self.count).contains(first), (first..<Self.count).contains(last), let main = parts[2].list,
                main.count >= 2, let port = main[1].integer
            else { return nil }
            let address = RedisAddress.tcp(host: main[0].text ?? "", port: port)
            for slot in first...last { assign(slot, to: address.completed(by: asked)) }
        }
    }

    func owner(of slot: Int) -> RedisAddress? { owners[slot] < 0 ? nil : nodes[Int(owners[slot])] }

    mutating func assign(_ slot: Int, to address: RedisAddress) {
        let index =
            nodes.firstIndex(of: address)
            ?? {
                nodes.append(address)
                return nodes.count - 1
            }()
        owners[slot] = Int16(index)
    }

    /// The slot of a hash tag: CRC-16 (XMODEM) of it.
    static func slot(ofTag tag: some Sequence<UInt8>) -> Int {
        var crc: UInt16 = 0
        for byte in tag {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
        }
        return Int(crc) % count
    }
}

/// What a node answers about a part of the keys that is not its own, or not all its own.
struct RedisRedirection {
    let slot: Int
    let address: RedisAddress
    /// The slot is on its way there: only this request goes there.
    let isForOnce: Bool

    /// Nil if the error is no redirection.
    init?(_ error: String, asked: RedisAddress) {
        let words = error.split(separator: " ")
        guard words.count >= 3, words[0] == "MOVED" || words[0] == "ASK", let slot = Int(words[1]),
            (0..<RedisSlots.count).contains(slot), let colon = words[2].lastIndex(of: ":"),
            let port = Int(words[2][words[2].index(after: colon)...])
        else { return nil }
        self.slot = slot
        address = RedisAddress.tcp(host: String(words[2][..<colon]), port: port).completed(by: asked)
        isForOnce = words[0] == "ASK"
    }
}

extension RedisAddress {
    /// A node that does not know its own name is where it was asked.
    fileprivate func completed(by asked: RedisAddress) -> RedisAddress {
        guard case .tcp(let host, let port) = self, host.isEmpty || host == "?", case .tcp(let known, _) = asked else {
            return self
        }
        return .tcp(host: known, port: port)
    }
}
