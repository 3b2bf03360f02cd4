import KeyValueStore
import PluginHost

/// In the place of a view whose worker is gone: says why, until the plugin is shown anew.
final class AwayView: PluginViewing {
    private let reason: any Error

    init(_ reason: any Error) { self.reason = reason }

    func apply(_ blocks: [StateBlock], partition: Int, position: UInt64, newestFirst: Bool) throws { throw reason }
    func makeTables(all: Bool) throws -> [TableSnapshot] { throw reason }
    func takeChanges(all: Bool) throws -> [TableChanges.Table] { throw reason }
    func entries(of reducer: String, selection: KeySelection, after: String?, limit: Int) throws -> [StateEntry]? {
        throw reason
    }
}
