/// A word of a command.
typealias RedisWord = [UInt8]

extension RedisWord {
    init(_ text: String) { self = Array(text.utf8) }
    init(_ number: some BinaryInteger) { self = Array(String(number).utf8) }
}

/// Commands as the server reads them, one after the other.
struct RedisCommands: Sendable {
    private(set) var bytes = RedisBytes()
    /// Where each command begins that a transaction or a redirection has to tell from the others.
    private var starts: [(offset: Int, isInTransaction: Bool)] = []
    private var isInTransaction = false

    /// How many answers there will be.
    var count: Int { starts.count }

    mutating func add(_ name: String, _ words: RedisWord...) { add(name, words) }

    mutating func add(_ name: String, _ words: some Collection<RedisWord>) {
        start(words.count + 1)
        bytes.append(word: name.utf8)
        for word in words { bytes.append(word: word) }
    }

    /// `MSET`, if there is anything to set.
    mutating func add(_ pairs: RedisPairs) {
        if pairs.count == 0 { return }
        start(2 * pairs.count + 1)
        bytes.append(word: "MSET".utf8)
        var next = 0
        bytes.append(pairs.bytes, 0..<pairs.bytes.textCount, next: &next)
    }

    /// The commands from here to `commit` are one transaction.
    mutating func begin() {
        add("MULTI")
        isInTransaction = true
    }

    mutating func commit() {
        add("EXEC")
        isInTransaction = false
    }

    /// The same for a node that takes over a part of a cluster: `ASKING` before each command, once for a transaction.
    /// `isAnswer` tells which of its answers are the commands'.
    var asking: (bytes: RedisBytes, isAnswer: [Bool]) {
        var asking = RedisBytes()
        var isAnswer: [Bool] = []
        var next = 0
        for (index, start) in starts.enumerated() {
            if !start.isInTransaction {
                asking.append("*1\r\n$6\r\nASKING\r\n".utf8)
                isAnswer.append(false)
            }
            let end = index + 1 < starts.count ? starts[index + 1].offset : bytes.textCount
            asking.append(bytes, start.offset..<end, next: &next)
            isAnswer.append(true)
        }
        return (asking, isAnswer)
    }

    private mutating func start(_ words: Int) {
        starts.append((bytes.textCount, isInTransaction))
        bytes.append(UInt8(ascii: "*"), words)
    }
}

/// Keys and values that are set together.
struct RedisPairs: Sendable {
    private(set) var bytes = RedisBytes()
    private(set) var count = 0

    mutating func set(_ key: RedisWord, _ value: [UInt8]) {
        bytes.append(word: key)
        bytes.append(value: value)
        count += 1
    }

    mutating func set(_ key: RedisWord, _ entry: RedisEntry) {
        bytes.append(word: key)
        bytes.append(word: entry)
        count += 1
    }
}
