import CPluginAPI
import Glibc
import Synchronization

/// A line that a plugin writes to the host's log.
package struct PluginMessage: Sendable {
    package enum Level: UInt32, Sendable {
        case debug, info, warning, error
    }

    package let plugin: String
    package let level: Level
    package let text: String

    package init(plugin: String, level: Level, text: String) {
        self.plugin = plugin
        self.level = level
        self.text = text
    }
}

/// What a plugin's calls to its host end in. Lives as long as the process, as the plugin's code does.
final class HostTable: Sendable {
    let plugin: String
    private let report: @Sendable (PluginMessage) -> Void
    /// Why the call that goes on in each thread fails.
    private let reasons = Mutex<[pthread_t: String]>([:])

    init(plugin: String, report: @escaping @Sendable (PluginMessage) -> Void) {
        self.plugin = plugin
        self.report = report
    }

    /// The struct that the plugin gets. Never freed: a thread that a plugin left behind may still use it.
    func makeTable() -> UnsafePointer<lectern_host> {
        let table = UnsafeMutablePointer<lectern_host>.allocate(capacity: 1)
        table.initialize(to: lectern_host())
        table.pointee.size = UInt32(MemoryLayout<lectern_host>.size)
        table.pointee.abi_minor = LECTERN_ABI_MINOR
        table.pointee.version = HostVersion.text
        table.pointee.context = Unmanaged.passRetained(self).toOpaque()
        table.pointee.extension = { _, _ in nil }
        table.pointee.log = { table, level, message in
            let host = HostTable.of(table)
            let level = PluginMessage.Level(rawValue: level) ?? .info
            host.report(PluginMessage(plugin: host.plugin, level: level, text: message.string))
        }
        table.pointee.fail = { table, reason in
            HostTable.of(table).reasons.withLock { $0[pthread_self()] = reason.string }
        }
        return UnsafePointer(table)
    }

    /// The reason that the call which has just failed in this thread gave.
    func takeReason() -> String? {
        reasons.withLock { $0.removeValue(forKey: pthread_self()) }
    }

    private static func of(_ table: UnsafePointer<lectern_host>?) -> HostTable {
        Unmanaged<HostTable>.fromOpaque(table!.pointee.context).takeUnretainedValue()
    }
}

/// The version of this host.
package enum HostVersion {
    package static let string = "0.1.0"

    private static let literal: StaticString = "0.1.0"

    static var text: lectern_text {
        lectern_text(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
}
