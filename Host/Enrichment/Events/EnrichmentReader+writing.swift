import CPluginAPI
import PluginHost
package import Records

extension EnrichmentReader {
    /// Writes the fields of the event in hand, as its record is to have them: what is known now, and `own`, what its source has set
    /// (a JSON object, or nothing), which wins.
    ///
    /// An answer stands under its member, null if there is none, and `enrichment` has the status of each. A member that a client
    /// has sent although it is the host's to set is null.
    package func write(over own: UnsafeRawBufferPointer, to fields: inout Bytes) {
        // Once for all: an answer may come meanwhile.
        answers.removeAll(keepingCapacity: true)
        for lookup in found.lookups { answers.append(lookup?.answer) }
        fields.append("{\"enrichment\":{")
        var isFirst = true
        for (index, answer) in answers.enumerated() {
            guard let answer else { continue }
            if !isFirst { fields.append(",") }
            isFirst = false
            fields.append(plan.memberNames[index])
            fields.append(answer.status.json)
            plan.lookups[index].counts.count(answer.status)
        }
        fields.append("}")
        for (index, answer) in answers.enumerated() {
            guard answer != nil || isSent(index) else { continue }
            begin(index, &fields)
            if let content = answer?.content { fields.append(content.json) } else { fields.append("null") }
        }
        for group in plan.groups { writeDerived(group, to: &fields) }
        // Of equal names the last counts.
        if let start = own.firstIndex(of: UInt8(ascii: "{")), let end = own.lastIndex(of: UInt8(ascii: "}")),
            own[(start + 1)..<end].contains(UInt8(ascii: "\""))
        {
            fields.append(",")
            fields.append(UnsafeRawBufferPointer(rebasing: own[(start + 1)..<end]))
        }
        fields.append("}")
    }

    private func writeDerived(_ group: EnrichmentPlan.Group, to fields: inout Bytes) {
        var isBegun = false
        var isFirst = true
        for index in group.derivations where isDerived[index] {
            if !isBegun {
                begin(group.member, &fields)
                fields.append("{")
                isBegun = true
            }
            let end = fields.count
            if !isFirst { fields.append(",") }
            fields.append(plan.names[index])
            if appendValue(index, to: &fields) { isFirst = false } else { fields.truncate(to: end) }
        }
        if isBegun {
            fields.append("}")
        } else if isSent(group.member) {
            begin(group.member, &fields)
            fields.append("null")
        }
    }

    /// False: there is none.
    private func appendValue(_ index: Int, to fields: inout Bytes) -> Bool {
        guard derivations[index].thread == nil else {
            let calls = found.calls ?? []
            guard index < calls.count, let cell = calls[index]?.result.value, cell != .null else { return false }
            fields.appendJSON(cell)
            return true
        }
        let value = derivations[index].value(row, time: time, answers)
        switch value.tag {
        case LECTERN_MISSING, LECTERN_NULL: return false
        // A plugin's text may be no UTF-8.
        case LECTERN_TEXT: fields.appendJSON(value.text.map { String(decoding: $0, as: UTF8.self) } ?? "")
        default: fields.appendJSON(value, asTime: derivations[index].description.result == .time)
        }
        return true
    }

    /// The client has sent a member that is the host's to set.
    private func isSent(_ member: Int) -> Bool { row[members[member]].tag != LECTERN_MISSING }

    private func begin(_ member: Int, _ fields: inout Bytes) {
        fields.append(",")
        fields.append(plan.memberNames[member])
    }
}

extension Answer.Status {
    fileprivate var json: StaticString {
        switch self {
        case .fresh: "\"fresh\""
        case .stale: "\"stale\""
        case .missing: "\"missing\""
        }
    }
}
