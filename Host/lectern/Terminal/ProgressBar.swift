import Glibc
import Records

/// A bar that shows how far a long work has come; only on a terminal.
final class ProgressBar {
    private static let width = 30
    private let isShown = isatty(2) == 1
    private var last: Int64 = 0

    func show(_ title: String, done: Int, of total: Int?, note: String) {
        let now = MonotonicClock.microseconds
        guard isShown, now - last > 100_000 else { return }
        last = now
        guard let total, total > 0 else { return Terminal.write("\r\u{1b}[K\(title)  \(note)") }
        let filled = min(done * Self.width / total, Self.width)
        let bar = String(repeating: "━", count: filled) + String(repeating: "╌", count: Self.width - filled)
        Terminal.write("\r\u{1b}[K\(title)  \(bar) \(done * 100 / total) %  \(note)")
    }

    func clear() {
        if isShown, last > 0 { Terminal.write("\r\u{1b}[K") }
    }
}
