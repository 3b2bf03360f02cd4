import CPluginAPI

/// The timer of a loaded plugin's reducer.
package struct TimerComponent: Sendable {
    nonisolated(unsafe) let raw: lectern_timer  // constants that live as long as the process

    /// From when on a state wants a tick: microseconds since 1970 UTC; `Int64.max`: never.
    @inline(__always)
    package func due(_ state: UnsafeRawPointer) -> Int64 { raw.due(raw.context, state) }

    /// Tells a state that time has come.
    package func tick(_ state: UnsafeMutableRawPointer, _ time: Int64) { raw.tick(raw.context, state, time) }
}
