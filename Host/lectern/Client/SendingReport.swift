import Records

/// What `simulate` and `replay` print at their end.
struct SendingReport {
    var events = 0
    var skipped = 0
    var acknowledged: UInt64 = 0
    var rejected = 0
    var losses = 0
    var seconds = 0.0

    init(seconds: Double = 0) { self.seconds = seconds }

    mutating func count(_ publisher: EventPublisher, events: Int, skipped: Int) {
        self.events += events
        self.skipped += skipped
        acknowledged += publisher.acknowledged
        rejected += publisher.rejected
        losses += publisher.losses
    }

    private var rate: Double { seconds > 0 ? (Double(acknowledged) / seconds).rounded() : 0 }

    var text: String {
        var lines = ["events        \(events)"]
        if skipped > 0 { lines.append("known before  \(skipped)") }
        lines.append("acknowledged  \(acknowledged)")
        if rejected > 0 { lines.append("dead letters  \(rejected)") }
        if losses > 0 { lines.append("reconnected   \(losses) times") }
        lines.append("seconds       \(seconds)")
        lines.append("events/s      \(Int(rate))")
        return lines.joined(separator: "\n")
    }

    var json: String {
        var json = Bytes()
        func member(_ name: StaticString, _ value: some BinaryInteger) {
            json.append(name)
            json.appendJSON(Int64(value))
        }
        member("{\"events\":", events)
        member(",\"skipped\":", skipped)
        member(",\"acknowledged\":", acknowledged)
        member(",\"rejected\":", rejected)
        member(",\"reconnections\":", losses)
        json.append(",\"seconds\":")
        json.appendJSON(seconds)
        json.append("}")
        return json.string
    }
}
