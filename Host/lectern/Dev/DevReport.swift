import Glibc

/// What came of an edit: printed as lines, or as one line of JSON.
struct DevReport: Encodable {
    enum Event: String, Encodable {
        /// The build folds.
        case live
        /// The compiler refuses the sources.
        case compile
        /// The host refuses the build, or can't go on with it.
        case refused
        /// The private host has ended.
        case crash
        /// The private host is there, or has new events.
        case host
    }

    let event: Event
    /// The plugin, as one line says who it is.
    var plugin: String?
    /// From the edit to when the new build folds, and what the compiler took of it.
    var seconds: Double?
    var compileSeconds: Double?
    var dashboards: String?
    var differences: [ShownDifference] = []
    /// What is wrong, a line each, or what is worth knowing.
    var messages: [String] = []
    /// Whether a build before goes on.
    var goesOn = false
    var isFirst = false

    private static let isColourful = isatty(1) == 1 && getenv("NO_COLOR") == nil

    func print(json: Bool) {
        Swift.print((try? json ? JSONOutput.line(self) : text) ?? "")
        fflush(nil)
    }

    private var text: String {
        let before = goesOn ? "; the build before goes on" : ""
        let head: String
        switch event {
        case .live:
            head =
                paint("live", "32;1") + " after \(Self.seconds(seconds)) (compile \(Self.seconds(compileSeconds)))"
                + (plugin.map { ": \($0)" } ?? "")
        case .compile: head = paint("does not compile", "31;1") + " (\(Self.seconds(compileSeconds)))\(before)"
        case .refused: head = paint("refused", "31;1") + before
        case .crash: head = paint("the host has ended", "31;1") + before
        case .host: head = ""
        }
        var lines = [head] + messages.map { "  \($0)" }
        if event == .live || event == .host {
            let shown = differences.filter { isFirst || !$0.isEmpty }
            lines += shown.flatMap { $0.lines(isFirst: isFirst) }.map { "  \($0)" }
            if shown.isEmpty, event == .live, !differences.isEmpty {
                lines.append("  the same states and rows as before")
            }
        }
        if let dashboards { lines.append("  dashboards: \(dashboards)") }
        return lines.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private static func seconds(_ value: Double?) -> String {
        let hundredths = Int(((value ?? 0) * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) s"
    }

    private func paint(_ text: String, _ code: String) -> String {
        Self.isColourful ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
