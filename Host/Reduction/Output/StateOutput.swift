import CPluginAPI
import CRecords
import KeyValueStore
import PluginHost
import Records

/// Writes the external states of plugins as JSON lines: one for each key, sorted by their bytes.
///
///     {"component":"quiz-analytics.attempts","key":{"actor":"ann","module":"dsa-arrays"},"state":{…}}
struct StateOutput {
    let file: LineFile

    /// Throws `StateEncodingError` if the plugin can't write a state.
    func add(_ states: MergedStates) throws {
        for (index, reducer) in states.plugin.reducers.enumerated() {
            let prefix = Array("{\"component\":\"\(states.plugin.id).\(reducer.id)\",\"key\":".utf8)
            let names = KeyNames(reducer.key)
            let context = reducer.raw.context
            let encode = reducer.raw.external ?? reducer.raw.encode!
            var value = Bytes()
            var failure: StateEncodingError?
            states.forEach(index) { key, state in
                value.truncate()
                var reason = states.plugin.encode(state, by: encode, context, to: &value.raw)
                file.add(skip: prefix.count + names.firstLength) { line in
                    prefix.withUnsafeBytes { line.append($0) }
                    line.appendKeyJSON(key, names)
                    line.append(",\"state\":")
                    if reason == nil, !CBOR.appendJSON(of: value.contents, to: &line) {
                        reason = "\(value.count) bytes that are none"
                    }
                    line.append("}")
                }
                guard let reason, failure == nil else { return }
                let parts = zip(reducer.key, KeyBytes.decode(key) ?? []).map {
                    StateKey.Part(name: $0.name, value: $1)
                }
                failure = StateEncodingError(
                    plugin: states.plugin.id, reducer: reducer.id, key: StateKey.text(of: parts), reason: reason)
            }
            if let failure { throw failure }
            try file.endGroup()
        }
    }
}
