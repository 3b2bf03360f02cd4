import CHiredis

/// What a server answers to a command.
enum RedisReply: Sendable, Equatable {
    case bytes([UInt8])
    case integer(Int)
    case list([RedisReply])
    case none
    case error(String)

    var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
    var integer: Int? { if case .integer(let number) = self { number } else { nil } }
    var list: [RedisReply]? { if case .list(let items) = self { items } else { nil } }
    var error: String? { if case .error(let text) = self { text } else { nil } }
}

/// Reads replies from a stream's bytes, by hiredis. Not thread-safe.
struct RedisReplyReader: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>

    init() { reader = redisReaderCreate() }

    deinit { redisReaderFree(reader) }

    /// Takes bytes, and hands every reply over that has become complete. Throws `lost` if the bytes are no replies.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, _ body: (RedisReply) -> Void) throws(RedisFailure) {
        redisReaderFeed(reader, bytes.baseAddress, bytes.count)
        while true {
            var object: UnsafeMutableRawPointer?
            guard redisReaderGetReply(reader, &object) == REDIS_OK else {
                let reason = withUnsafePointer(to: &reader.pointee.errstr) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 128) { String(cString: $0) }
                }
                throw .lost(reason: "found bytes that are no answer of Redis (\(reason))")
            }
            guard let object else { return }
            defer { freeReplyObject(object) }
            body(RedisReply(object.assumingMemoryBound(to: redisReply.self).pointee))
        }
    }
}

extension RedisReply {
    fileprivate init(_ reply: redisReply) {
        switch reply.type {
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS:
            self = .bytes(Array(UnsafeRawBufferPointer(start: reply.str, count: reply.len)))
        case REDIS_REPLY_INTEGER: self = .integer(Int(reply.integer))
        case REDIS_REPLY_ERROR:
            self = .error(String(decoding: UnsafeRawBufferPointer(start: reply.str, count: reply.len), as: UTF8.self))
        case REDIS_REPLY_ARRAY: self = .list((0..<reply.elements).map { RedisReply(reply.element[$0]!.pointee) })
        default: self = .none
        }
    }
}
