import CPluginAPI
import Records

/// Calls a migration as the host does and says which of the ABI's rules it breaks. Not thread-safe.
package struct MigrationCheck {
    private let migration: MigrationComponent

    package init(_ migration: MigrationComponent) { self.migration = migration }

    /// What a state becomes; nil if it is refused.
    package func converted(_ state: [UInt8]) -> [UInt8]? {
        let raw = migration.raw
        let bytes = state.withUnsafeBytes { state in
            PluginOutput.bytes { raw.convert(raw.context, state.baseAddress, UInt64(state.count), $0) }
        }
        return bytes.isEmpty ? nil : bytes
    }

    /// What is wrong with what a state becomes: it must be canonical, and the same each time.
    package func problem(of state: [UInt8]) -> String? {
        guard let bytes = converted(state) else {
            return
                "expected a state of version \(migration.description.to), found a failure; \(PluginOutput.shown(state))"
        }
        if let problem = CBOR.canonicalProblem(in: bytes) {
            return "expected core deterministic CBOR (RFC 8949, 4.2); \(problem); \(PluginOutput.shown(bytes))"
        }
        let again = converted(state) ?? []
        guard again == bytes else {
            return "expected the same each time, found \(PluginOutput.shown(bytes)) and \(PluginOutput.shown(again))"
        }
        return nil
    }

    /// What is wrong with how it takes what no build has stored.
    package func problemInRefusing() -> String? {
        for bytes: [UInt8] in [[], [0xff], [0xa1], [0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]
        where converted(bytes) != nil {
            return "expected bytes that are no state to be refused, found LECTERN_OK; \(PluginOutput.shown(bytes))"
        }
        return nil
    }
}
