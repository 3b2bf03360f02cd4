import CRecords
import Glibc

/// What a plugin was asked, by a shard, a view or ingest.
package struct PluginCall: Sendable, Equatable, CustomStringConvertible {
    package enum Kind: UInt32, Sendable {
        case read = 1
        case reduce
        /// A state for a checkpoint.
        case encode
        /// Stored states, to go on from or to show.
        case restore
        /// What is shown of states: tables' rows, external states.
        case show
        /// A line of a source.
        case decode
        /// A function, for a column.
        case call
        /// A tick, for states that wait for time.
        case tick
    }

    package let plugin: String
    /// SHA-256 of the library.
    package let build: String
    package let kind: Kind
    /// The reducer, source or function; empty for `read`.
    package let component: String
    /// Of the first event of the batch, if the call is about events.
    package let partition: Int
    package let position: UInt64
    /// Events of the batch; 0 for what is not about events.
    package let events: Int
    /// The signal that ended the process, `LECTERN_CRASH_EXIT` or `LECTERN_CRASH_HANG`; 0 if none of them did.
    package let end: Int

    package var description: String { "\(plugin), build \(build.prefix(12)), \(how) in \(what)" }

    /// What happened, without the plugin's name.
    package var how: String {
        switch end {
        case 0: "was"
        case Int(LECTERN_CRASH_EXIT): "called exit"
        case Int(LECTERN_CRASH_HANG): "did not return"
        default: "trapped (\(String(cString: strsignal(Int32(end)))))"
        }
    }

    /// Of what call, and given what.
    package var what: String {
        let call =
            switch kind {
            case .read: "read"
            case .reduce: "reduce of \(component)"
            case .encode: "encode of a checkpoint"
            case .restore: "decode of stored states"
            case .show: "rows and external states"
            case .decode: "decode of source \(component)"
            case .call: "function \(component)"
            case .tick: "tick of \(component)"
            }
        if events == 0 { return call }
        if events == 1 { return "\(call), given the event at position \(position) of partition \(partition)" }
        return "\(call), given \(events) events from position \(position) of partition \(partition) on"
    }
}
