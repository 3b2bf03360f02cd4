import CPluginAPI
import CRecords
import PluginHost
import Records

/// Writes the external states of plugins as JSON lines: one for each key, sorted by their bytes.
///
///     {"component":"quiz-analytics.attempts","key":{"actor":"ann","module":"dsa-arrays"},"state":{…}}
struct StateOutput {
    let file: LineFile

    func add(_ states: MergedStates) throws(InputError) {
        for (index, reducer) in states.plugin.reducers.enumerated() {
            let prefix = Array("{\"component\":\"\(states.plugin.id).\(reducer.id)\",\"key\":".utf8)
            let names = KeyNames(reducer.key)
            let context = reducer.raw.context
            let encode = reducer.raw.external ?? reducer.raw.encode!
            var value = Bytes()
            states.forEach(index) { key, state in
                value.truncate()
                var writer = lectern_writer.into(&value.raw)
                encode(context, state, &writer)
                file.add(skip: prefix.count + names.firstLength) { line in
                    prefix.withUnsafeBytes { line.append($0) }
                    line.appendKeyJSON(key, names)
                    line.append(",\"state\":")
                    if !CBOR.appendJSON(of: value.contents, to: &line) { line.append("null") }
                    line.append("}")
                }
            }
            try file.endGroup()
        }
    }
}
