import CPluginAPI

/// The numbers of the frames of one connection.
struct FrameNumbers {
    /// Whether a frame is to be stored, or only sets the connection up (locks fields, says who it is).
    enum Standing {
        case new
        /// It is stored already, or waits to be.
        case repeated
        /// It has the number 0: it asks not to be stored.
        case setUp
    }

    let numbering: IngestConnection.Numbering
    /// Of the last frame; nil before the first one, if that follows what was accepted.
    private var last: UInt64?
    /// The highest number that was taken, by all of the client's connections.
    private(set) var accepted: UInt64 = 0
    /// The highest number that waits for authentication; until then, none above `accepted` counts as taken.
    private(set) var held: UInt64 = 0
    /// The highest number that a record or a dead letter of this read holds.
    private var carried: UInt64 = 0
    /// The client has to be told again what is durable.
    private(set) var isAcknowledgementDue = false

    init(_ numbering: IngestConnection.Numbering, after last: UInt64?) {
        self.numbering = numbering
        self.last = last
    }

    var isNumbered: Bool { numbering != .none }

    /// Begins a read: `accepted` is the client's mark, which no one else changes before the read ends.
    mutating func beginRead(accepted: UInt64) {
        self.accepted = accepted
        if last == nil { last = accepted }
        carried = accepted
        isAcknowledgementDue = false
    }

    /// The next frame's number (0 if it has none) and standing. `member` is its `seq`, `given` what whoever brings it says.
    mutating func next(_ member: lectern_value, given: UInt64) -> (number: UInt64, standing: Standing) {
        guard isNumbered else { return (0, .new) }
        let number: UInt64
        if numbering == .given {
            number = given
        } else if numbering == .member, member.tag == LECTERN_INTEGER, member.as.integer >= 0 {
            if member.as.integer == 0 { return (0, .setUp) }
            number = UInt64(member.as.integer)
        } else {
            number = (last ?? accepted) + 1
        }
        last = number
        if number > max(accepted, held) { return (number, .new) }
        isAcknowledgementDue = true
        return (number, .repeated)
    }

    /// A frame has been taken. `isCarried`: a record or a dead letter holds its number.
    mutating func take(_ number: UInt64, isCarried: Bool) {
        guard number > accepted else { return }
        accepted = number
        if isCarried { carried = max(carried, number) }
        isAcknowledgementDue = true
    }

    /// A frame can't count as taken before the backlog is.
    mutating func hold(_ number: UInt64) { held = max(held, number) }

    /// The backlog has been taken.
    mutating func takeHeld() {
        take(held, isCarried: false)
        held = 0
    }

    /// The backlog is the client's again.
    mutating func dropHeld() { held = 0 }

    /// The number that a mark has to carry, because nothing else of this read does.
    var uncarried: UInt64? { accepted > carried ? accepted : nil }
}
