import Records

/// Where in a dashboard's changes a reader is: `<epoch>-<number>`, the id of its stream's events.
package struct StreamPosition: Equatable, Sendable, CustomStringConvertible {
    package let epoch: UInt64
    package let number: UInt64

    package init(epoch: UInt64, number: UInt64) {
        self.epoch = epoch
        self.number = number
    }

    /// nil if the text, as a browser sends it in `Last-Event-ID`, is none.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = UInt64(parts[0]), let number = UInt64(parts[1]) else { return nil }
        self.init(epoch: epoch, number: number)
    }

    package var description: String { "\(epoch)-\(number)" }
}

/// Server-sent events. None of our data holds a line feed: JSON escapes it.
enum StreamEvent {
    /// Says that the connection lives and that nothing has changed until now. It has no id: the reader's position
    /// stays.
    static func beat() -> [UInt8] {
        var json = JSONWriter()
        json.object { $0.member("asOf", WallClock.microseconds / 1000) }
        return event("beat", data: json)
    }

    /// Says that the dashboard is no longer there.
    static func gone() -> [UInt8] {
        var json = JSONWriter()
        json.object { $0.member("asOf", WallClock.microseconds / 1000) }
        return event("gone", data: json)
    }

    /// Says since when and why the plugin does not fold; nil: it does.
    static func trouble(_ trouble: PluginListing.Trouble?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            guard let trouble else { return }
            json.member("state", trouble.state)
            json.member("since", trouble.since / 1000)
            json.member("reason", trouble.reason)
        }
        return event("trouble", data: json)
    }

    static func event(_ name: StaticString, id: StreamPosition? = nil, data: borrowing JSONWriter) -> [UInt8] {
        var bytes = Bytes()
        if let id { bytes.append("id: \(id)\n") }
        bytes.append("event: ")
        bytes.append(name)
        bytes.append("\ndata: ")
        bytes.append(data.bytes.contents)
        bytes.append("\n\n")
        return bytes.array
    }
}
