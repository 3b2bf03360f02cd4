import Records
import Rules

/// What a webhook is told of an alert.
struct AlertMessage {
    let json: String

    init(_ alert: Alert) {
        var json = Bytes()
        func member(_ name: StaticString, _ value: String) {
            json.append(name)
            json.appendJSON(value)
        }
        member("{\"id\":", alert.id)
        member(",\"state\":", alert.state.rawValue)
        member(",\"rule\":", alert.rule)
        member(",\"key\":", alert.key)
        member(",\"value\":", alert.value)
        json.append(",\"since\":")
        json.appendJSON(microseconds: alert.since)
        json.append(",\"until\":")
        if let until = alert.until { json.appendJSON(microseconds: until) } else { json.append("null") }
        // Chat programs show this member.
        let what = alert.state == .firing ? "fires" : "is over"
        member(",\"text\":", "Lectern: \(alert.rule) \(what): \(alert.key), \(alert.value)")
        json.append("}")
        self.json = json.string
    }
}
