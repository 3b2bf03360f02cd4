import CPluginAPI
import EventLog
import Glibc
import Records

/// A frame on its way.
struct Frame {
    let bytes: UnsafeRawBufferPointer
    /// Its place in the read.
    let index: Int
    /// The client's number of it, or 0; before it is numbered, what whoever brings it calls it.
    var number: UInt64 = 0
    var standing = FrameNumbers.Standing.new
    /// When it was, as whoever brings it says, should it not say it itself: microseconds since 1970 UTC.
    var time: Int64?
}

extension IngestSession {
    func takeFrames() {
        let source = connection.source
        for (index, message) in workspace.frames.messages.enumerated() {
            var frame = Frame(
                bytes: workspace.frames.bytes(of: message), index: index, number: message.number, time: message.time)
            if report.isOver {
                if !numbers.isNumbered { addLetter(.afterEnd, report.over ?? "", frame.bytes, number: 0) }
            } else if let source {
                number(&frame, lectern_value())
                takeLine(frame, source)
            } else if !message.isText {
                number(&frame, lectern_value())
                reject(frame, .binary, "a binary message: each event is a message of text, one JSON object")
            } else {
                take(&frame)
            }
        }
    }

    private func take(_ frame: inout Frame) {
        if let reason = workspace.extract(frame.bytes) {
            number(&frame, lectern_value())
            return reject(frame, .notJSON, "not a JSON object: \(reason)")
        }
        let row = workspace.row
        number(&frame, row[workspace.sequence])
        guard frame.bytes.count <= service.configuration.eventBytes else {
            let limit = service.configuration.eventBytes
            return reject(frame, .tooLarge, "the event has \(frame.bytes.count) bytes, at most \(limit) are allowed")
        }
        if connection.hasProtocol, row[workspace.event].tag == LECTERN_TEXT {
            if row[workspace.event].equals("lock_fields") { return lock(frame) }
            if row[workspace.event].equals("terminate") {
                if !connection.isRequest { report.over = "sent after \"terminate\"" }
                return consumed(frame)
            }
        }
        locked.apply(to: row)
        takeEvent(frame)
    }

    private func lock(_ frame: Frame) {
        let (fields, token) = workspace.lockedFields(of: frame.bytes)
        guard fields.tag == LECTERN_JSON, let object = fields.text, object.first == UInt8(ascii: "{") else {
            let found = fields.tag == LECTERN_JSON ? "an array" : fields.kindName
            return reject(frame, .badLock, "lock_fields: \"fields\" is \(found), expected an object")
        }
        let more = locked.locking(object, workspace)
        guard more.json.count <= service.configuration.lockedBytes else {
            let limit = service.configuration.lockedBytes
            let size = "\(more.json.count) bytes, at most \(limit) are allowed"
            return reject(frame, .tooLarge, "the locked fields would have \(size)")
        }
        locked = more
        consumed(frame)
        if token.tag == LECTERN_TEXT { show(token.string) }
        noteLock()
    }

    private func number(_ frame: inout Frame, _ member: lectern_value) {
        (frame.number, frame.standing) = numbers.next(member, given: frame.number)
    }

    /// A frame that sets the session up has been done: no record holds it.
    private func consumed(_ frame: Frame) {
        switch frame.standing {
        case .new:
            report.accepted += 1
            taken(frame.number, isCarried: false)
        case .repeated: report.duplicates += 1
        case .setUp: break
        }
    }

    /// Frames with lower numbers than those that are taken now still wait.
    private var mustHold: Bool { !backlog.isEmpty || !waiting.isEmpty && !isReleasing }

    /// A new frame counts as taken, unless frames with lower numbers still wait.
    func taken(_ number: UInt64, isCarried: Bool) {
        if mustHold { numbers.hold(number) } else { numbers.take(number, isCarried: isCarried) }
    }

    /// Sends a frame to the dead letters and tells the client. One that was sent before has had its answer.
    func reject(_ frame: Frame, _ code: DeadLetter.Code, _ reason: String) {
        if frame.standing == .repeated {
            report.duplicates += 1
            return
        }
        // A letter's number counts as the client's highest, which it may not be while lower ones wait.
        addLetter(code, reason, frame.bytes, number: mustHold ? 0 : frame.number)
        taken(frame.number, isCarried: true)
        report.messages.append(.rejected(index: frame.index, reason: reason, number: frame.number))
    }

    /// Does what a rule says of an event that is not taken. What is to be dropped is counted, and not kept; what the client
    /// is to keep goes to the dead letters, unless the client has it still: it numbers its frames, and sends it again.
    ///
    /// A person's connection is told and closed, as Learning Observer does. A request, and a publisher's connection, may
    /// hold events of many domains, and goes on.
    func refuse(_ frame: Frame, _ block: Block) {
        let isPersonal = !connection.isRequest && !(connection.isTrusted && connection.client != nil)
        let isTheClients = isPersonal && numbers.isNumbered && block.action == .maintain
        if block.action == .maintain, !isTheClients {
            addLetter(.blocked, block.reason, frame.bytes, number: mustHold ? 0 : frame.number)
        }
        service.counters.countBlocked()
        if !isTheClients { taken(frame.number, isCarried: block.action == .maintain) }
        if isPersonal {
            if !report.isOver { report.messages.append(.blocked(reply: block.reply)) }
            report.over = "sent after its connection was blocked"
        } else {
            report.messages.append(.rejected(index: frame.index, reason: block.reason, number: frame.number))
        }
    }

    func addLetter(_ code: DeadLetter.Code, _ reason: String, _ bytes: UnsafeRawBufferPointer, number: UInt64) {
        // Of a student who was erased, nothing is kept.
        if service.log.erased.contains(actor.id) { return service.counters.countErased() }
        var letter = DeadLetter(code: code, reason: reason, received: received, original: Array(bytes))
        letter.client = connection.client
        letter.sequence = number > 0 ? number : nil
        letter.session = record != 0 ? record : nil
        letter.attempts = connection.attempt
        workspace.letters.append(letter)
        service.counters.countRejection(at: code.stage)
    }
}

extension lectern_value {
    /// Whether this value, which is a text, is `other`.
    func equals(_ other: StaticString) -> Bool {
        Int(length) == other.utf8CodeUnitCount
            && memcmp(self.as.text, other.utf8Start, other.utf8CodeUnitCount) == 0
    }
}
