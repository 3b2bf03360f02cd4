import PluginHost
package import Records

extension EnrichmentReader {
    /// The fields of an event, as its record is to have them: what is known now, and `own`, what its source has set (a JSON
    /// object, or nothing), which wins.
    ///
    /// An answer stands under its member, null if there is none, and `enrichment` has the status of each. A member that a client
    /// has sent although it is the host's to set is null.
    package func write(_ lookups: EventLookups, over own: UnsafeRawBufferPointer, to fields: inout Bytes) {
        fields.append("{\"enrichment\":{")
        var isFirst = true
        for (index, lookup) in lookups.lookups.enumerated() {
            guard let answer = lookup?.answer else { continue }
            if !isFirst { fields.append(",") }
            isFirst = false
            fields.appendJSON(plan.members[index])
            fields.append(":")
            fields.appendJSON(answer.status.rawValue)
            plan.lookups[index].counts.count(answer.status)
        }
        fields.append("}")
        for (index, lookup) in lookups.lookups.enumerated() where lookup != nil || lookups.sent[index] {
            begin(plan.members[index], &fields)
            if let json = lookup?.answer.json { fields.append(json) } else { fields.append("null") }
        }
        writeDerived(lookups, to: &fields)
        // Of equal names the last counts.
        if let start = own.firstIndex(of: UInt8(ascii: "{")), let end = own.lastIndex(of: UInt8(ascii: "}")),
            own[(start + 1)..<end].contains(UInt8(ascii: "\""))
        {
            fields.append(",")
            fields.append(UnsafeRawBufferPointer(rebasing: own[(start + 1)..<end]))
        }
        fields.append("}")
    }

    private func writeDerived(_ lookups: EventLookups, to fields: inout Bytes) {
        guard !plan.derivations.isEmpty else { return }
        readAnswers(lookups)
        defer { extractor.reset() }
        for index in plan.lookups.count..<plan.members.count {
            let name = plan.members[index]
            let own = plan.derivations.indices.filter {
                plan.derivations[$0].member.member == name && lookups.arguments[$0] != nil
            }
            guard !own.isEmpty else {
                if lookups.sent[index] {
                    begin(name, &fields)
                    fields.append("null")
                }
                continue
            }
            begin(name, &fields)
            fields.append("{")
            var isFirst = true
            for index in own {
                let cell = value(lookups, index)
                if case .null = cell { continue }
                if !isFirst { fields.append(",") }
                isFirst = false
                fields.appendJSON(plan.derivations[index].member.name)
                fields.append(":")
                fields.appendJSON(cell)
            }
            fields.append("}")
        }
    }

    private func value(_ lookups: EventLookups, _ index: Int) -> Cell {
        if plan.derivations[index].thread == nil {
            return plan.derivations[index].value(of: whole(lookups.arguments[index] ?? [], index))
        }
        guard let calls = lookups.calls, !calls.isEmpty else { return .null }
        return calls[index]?.result.value ?? .null
    }

    private func begin(_ name: String, _ fields: inout Bytes) {
        fields.append(",")
        fields.appendJSON(name)
        fields.append(":")
    }
}
