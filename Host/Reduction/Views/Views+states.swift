import CRecords
import KeyValueStore
package import PluginHost
import Records

extension Views: StateReading {
    package func states(
        plugin: String, reducer: String, selection: KeySelection, after: String?, limit: Int
    ) async throws(PluginUnavailable) -> [StateEntry]? {
        try await read(plugin) { view in
            Result { () throws(PluginUnavailable) in
                do {
                    return try view?.entries(of: reducer, selection: selection, after: after, limit: limit)
                } catch {
                    throw PluginUnavailable("\(error)")
                }
            }
        }.get()
    }
}

extension PluginView {
    /// As `StateReading.states`.
    func entries(of reducer: String, selection: KeySelection, after: String?, limit: Int) -> [StateEntry]? {
        guard let index = plugin.reducer(reducer) else { return nil }
        let names = plugin.reducers[index].key.map(\.name)
        var found: [(text: String, key: [UInt8])] = []
        for key in keys(of: index) {
            guard let values = key.withUnsafeBytes({ KeyBytes.decode($0) }) else { continue }
            let named = zip(names, values).sorted { $0.0 < $1.0 }
            guard selection.fits(named) else { continue }
            let text = StateKey.text(of: named.map { StateKey.Part(name: $0, value: $1) })
            if let after, !after.utf8.lexicographicallyPrecedes(text.utf8) { continue }
            found.append((text, key))
        }
        found.sort { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }
        return found.prefix(limit).compactMap { self.entry(index, $0.key, text: $0.text) }
    }
}

extension KeySelection {
    /// Whether a key of these parts is meant.
    fileprivate func fits(_ key: [(String, KeyPart)]) -> Bool {
        guard parts.allSatisfy({ part in key.contains { $0 == part.key && $1.description == part.value } }) else {
            return false
        }
        guard let windows else { return true }
        guard let start = key.first(where: { $0.0 == Self.window })?.1.description else { return false }
        var (time, precision) = (Int64(0), UInt8(0))
        return lectern_parse_timestamp(start, start.utf8.count, &time, &precision) == 1 && windows.contains(time)
    }
}
