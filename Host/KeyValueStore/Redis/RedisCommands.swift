/// A word of a command.
typealias RedisWord = [UInt8]

extension RedisWord {
    init(_ text: String) { self = Array(text.utf8) }
    init(_ number: some BinaryInteger) { self = Array(String(number).utf8) }
}

/// Commands as the server reads them, one after the other.
struct RedisCommands: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where each command begins that a transaction or a redirection has to tell from the others.
    private var starts: [(offset: Int, isInTransaction: Bool)] = []
    private var isInTransaction = false

    /// How many answers there will be.
    var count: Int { starts.count }

    mutating func add(_ name: String, _ words: RedisWord...) { add(name, words) }

    mutating func add(_ name: String, _ words: some Collection<RedisWord>) {
        start(words.count + 1)
        append(name.utf8)
        for word in words { append(word) }
    }

    /// `SET`, with a value of so many bytes that `write` appends, which saves copying it.
    mutating func set(_ key: RedisWord, count: Int, write: (inout [UInt8]) -> Void) {
        start(3)
        append("SET".utf8)
        append(key)
        append(UInt8(ascii: "$"), count)
        let start = bytes.count
        write(&bytes)
        precondition(bytes.count - start == count)
        bytes += "\r\n".utf8
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
    var asking: (bytes: [UInt8], isAnswer: [Bool]) {
        var asking: [UInt8] = []
        var isAnswer: [Bool] = []
        for (index, start) in starts.enumerated() {
            if !start.isInTransaction {
                asking += "*1\r\n$6\r\nASKING\r\n".utf8
                isAnswer.append(false)
            }
            let end = index + 1 < starts.count ? starts[index + 1].offset : bytes.count
            asking += bytes[start.offset..<end]
            isAnswer.append(true)
        }
        return (asking, isAnswer)
    }

    private mutating func start(_ words: Int) {
        starts.append((bytes.count, isInTransaction))
        append(UInt8(ascii: "*"), words)
    }

    private mutating func append(_ word: some Collection<UInt8>) {
        append(UInt8(ascii: "$"), word.count)
        bytes += word
        bytes.append(13)
        bytes.append(10)
    }

    /// A line that says how many there are of something.
    private mutating func append(_ kind: UInt8, _ count: Int) {
        bytes.append(kind)
        var divisor = 1
        while count / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(count / divisor % 10))
            divisor /= 10
        }
        bytes.append(13)
        bytes.append(10)
    }
}
