import CPluginAPI

/// The windows of a loaded plugin's reducer.
package struct WindowComponent: Sendable {
    nonisolated(unsafe) let raw: lectern_window  // constants that live as long as the process
    package let description: WindowDescription
    /// The index of the key's part that is the window's start.
    package let part: Int

    /// Tells a state that what was shown of its window is corrected.
    @inline(__always)
    package func correct(_ state: UnsafeMutableRawPointer) { raw.correct?(raw.context, state) }
}

/// What a plugin says of the windows of a reducer; all times in microseconds.
package struct WindowDescription: Sendable, Codable, Equatable {
    /// The most windows that one event may belong to.
    package static let most: Int64 = 64

    package let length: Int64
    package let hop: Int64
    package let offset: Int64
    package let disorder: Int64
    package let grace: Int64
    /// `Int64.max`: for good.
    package let retention: Int64

    package var isKeptForGood: Bool { retention == .max }

    /// The start of the last window that holds a time; the others begin each `hop` before the next.
    @inline(__always)
    package func lastStart(_ time: Int64) -> Int64 {
        let since = time &- offset
        return (since >= 0 ? since / hop : (since &- hop &+ 1) / hop) &* hop &+ offset
    }

    /// When the window that begins there goes, if the watermark is there.
    package func expiry(_ start: Int64) -> Int64 {
        let (sum, overflow) = start.addingReportingOverflow(length)
        let (expiry, overflows) = sum.addingReportingOverflow(retention)
        return overflow || overflows ? .max : expiry
    }
}
