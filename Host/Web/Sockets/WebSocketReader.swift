import Ingest

/// Takes a client's bytes apart into messages (RFC 6455): a state machine without a socket.
///
/// A message is copied once, unmasked on the way, into the frames of the read; only what the end of a read cuts in two
/// is copied twice.
struct WebSocketReader {
    /// What a client says besides its messages.
    enum Control: Equatable {
        case ping([UInt8])
        case pong
        /// nil: it gave no code.
        case close(UInt16?)
    }

    private let limit: Int
    /// The beginning of a frame whose rest has not come.
    private var partial: [UInt8] = []
    /// The fragments so far of a message, unmasked; nil between messages.
    private var fragments: (isText: Bool, bytes: [UInt8])?

    /// - Parameter limit: the largest message, in bytes.
    init(limit: Int) { self.limit = limit }

    /// Adds the messages that end in `bytes` to `frames`; returns the control frames among them, nothing after a close.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, into frames: inout FrameBuffer
    ) throws(WebSocketViolation) -> [Control] {
        var controls: [Control] = []
        var rest = bytes
        while !partial.isEmpty {
            guard try complete(from: &rest) else { return controls }
            let whole = partial
            partial = []
            let header = try whole.withTypedUnsafeBytes { (whole) throws(WebSocketViolation) in
                try take(whole, into: &frames, &controls)
            }
            if header?.opcode == .close { return controls }
        }
        while !rest.isEmpty, let header = try take(rest, into: &frames, &controls) {
            if header.opcode == .close { return controls }
            rest = UnsafeRawBufferPointer(rebasing: rest[header.frameLength...])
        }
        partial = Array(rest)
        return controls
    }

    /// Moves bytes of the frame that has begun; false if its end has not come.
    private mutating func complete(from rest: inout UnsafeRawBufferPointer) throws(WebSocketViolation) -> Bool {
        while true {
            let header = try partial.withTypedUnsafeBytes { (bytes) throws(WebSocketViolation) in
                try WebSocketHeader(bytes, limit: limit)
            }
            // A head is completed byte by byte: it says only at its end how long it is.
            let missing = header.map { $0.frameLength - partial.count } ?? 1
            if missing == 0 { return true }
            if rest.isEmpty { return false }
            if let header { partial.reserveCapacity(min(header.frameLength, partial.count + 1 << 20)) }
            partial += rest.prefix(missing)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(missing))
        }
    }

    /// Takes the first frame; nil if it is not whole.
    private mutating func take(
        _ bytes: UnsafeRawBufferPointer, into frames: inout FrameBuffer, _ controls: inout [Control]
    ) throws(WebSocketViolation) -> WebSocketHeader? {
        guard let header = try WebSocketHeader(bytes, limit: limit), bytes.count >= header.frameLength else {
            return nil
        }
        let payload = UnsafeRawBufferPointer(rebasing: bytes[header.length..<header.frameLength])
        switch header.opcode {
        case .text, .binary:
            guard fragments == nil else { throw .protocolError("a message begins within another") }
            let isText = header.opcode == .text
            if header.isFinal {
                frames.append(masked: payload, key: header.key, isText: isText)
            } else {
                fragments = (isText, Self.unmasked(payload, header.key))
            }
        case .continuation:
            try add(payload, header, to: &frames)
        case .ping:
            controls.append(.ping(Self.unmasked(payload, header.key)))
        case .pong:
            controls.append(.pong)
        case .close:
            controls.append(.close(try Self.code(Self.unmasked(payload, header.key))))
        }
        return header
    }

    private mutating func add(
        _ payload: UnsafeRawBufferPointer, _ header: WebSocketHeader, to frames: inout FrameBuffer
    ) throws(WebSocketViolation) {
        guard let isText = fragments?.isText else { throw .protocolError("a message is continued that has not begun") }
        guard fragments!.bytes.count + payload.count <= limit else { throw .tooBig(limit: limit) }
        fragments!.bytes += Self.unmasked(payload, header.key)
        guard header.isFinal else { return }
        fragments!.bytes.withUnsafeBytes { isText ? frames.append(text: $0) : frames.append(binary: $0) }
        fragments = nil
    }

    private static func unmasked(_ payload: UnsafeRawBufferPointer, _ key: UInt32) -> [UInt8] {
        var index: UInt32 = 0
        return payload.map { byte in
            defer { index &+= 1 }
            return byte ^ UInt8(truncatingIfNeeded: key >> (8 * (index & 3)))
        }
    }

    private static func code(_ payload: [UInt8]) throws(WebSocketViolation) -> UInt16? {
        if payload.isEmpty { return nil }
        guard payload.count >= 2 else { throw .protocolError("a close frame holds one byte") }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        let isKnown = (1000...1014).contains(code) && ![1004, 1005, 1006].contains(code)
        guard isKnown || (3000...4999).contains(code) else {
            throw .protocolError("a close frame has the code \(code)")
        }
        return code
    }
}

extension [UInt8] {
    /// As `withUnsafeBytes`, which forgets the error's type.
    fileprivate func withTypedUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBytes { bytes in Swift.Result { () throws(Failure) in try body(bytes) } }.get()
    }
}
