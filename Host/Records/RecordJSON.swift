/// A record of the log as one line of JSON.
package enum RecordJSON {
    package static func line(_ record: RecordView) -> String {
        var json = Bytes()
        func member(_ name: StaticString, _ value: some BinaryInteger) {
            json.append(name)
            json.appendJSON(Int64(value))
        }
        func member(_ name: StaticString, text: UnsafeRawBufferPointer) {
            guard !text.isEmpty else { return }
            json.append(name)
            json.appendJSON(text)
        }
        json.append("{\"kind\":")
        json.appendJSON(name(of: record.kind))
        if record.kind?.hasPosition == true {
            member(",\"partition\":", record.partition)
            member(",\"position\":", record.position)
        }
        if record.isRepeated { json.append(",\"repeated\":true") }
        if record.session != 0 { member(",\"session\":", record.session) }
        member(",\"type\":", text: record.type)
        member(",\"actor\":", text: record.actor)
        if let assertion = record.assertion, assertion != .nobody {
            json.append(",\"asserted_by\":")
            json.appendJSON("\(assertion)")
        }
        if record.kind != .tombstone {
            json.append(",\"received\":")
            json.appendJSON(microseconds: record.received)
            json.append(",\"time\":")
            json.appendJSON(microseconds: record.time)
            json.append(",\"claimed\":")
            json.appendJSON(record.isTimeClaimed)
            if record.isTimeClamped { json.append(",\"clamped\":true") }
        }
        if !record.client.isEmpty {
            member(",\"client\":", text: record.client)
            member(",\"sequence\":", record.sequence)
        }
        member(",\"fields\":", json: record.fields)
        // A tombstone's is zeros.
        if record.kind != .tombstone { member(",\"payload\":", json: record.payload) }
        json.append("}")
        return json.string

        func member(_ name: StaticString, json value: UnsafeRawBufferPointer) {
            guard !value.isEmpty else { return }
            json.append(name)
            // Between a JSON text's tokens a line break means no more than a space, and within them there is none.
            for byte in value { json.append(byte: byte == 10 || byte == 13 ? 32 : byte) }
        }
    }

    private static func name(of kind: RecordKind?) -> String {
        switch kind {
        case .event: "event"
        case .control: "control"
        case .session: "session"
        case .mark: "mark"
        case .tombstone: "tombstone"
        case nil: "unknown"
        }
    }
}
