import Records
import Reduction

/// What `lectern fold` prints at its end.
enum FoldReport {
    static func text(_ summary: FoldSummary, folder: String?) -> String {
        var lines = [
            "events        \(summary.events)",
            "duplicates    \(summary.dropped.natural)",
            "conflicts     \(summary.dropped.synthetic)",
            "late          \(summary.dropped.late)",
            "dead letters  \(summary.deadLetters)",
            "states        \(summary.states)",
        ]
        for row in summary.rows { lines.append("table \(row.table): \(row.rows) rows") }
        if summary.checkpoints > 0 {
            lines.append("checkpoints   \(summary.checkpoints), longest pause \(summary.longestPause) µs")
        }
        lines.append("seconds       \(summary.seconds)")
        lines.append("sha256        \(summary.sha256)")
        if let folder { lines.append("written to    \(folder)") }
        return lines.joined(separator: "\n")
    }

    static func json(_ summary: FoldSummary) -> String {
        var json = Bytes()
        func member(_ name: StaticString, _ value: some BinaryInteger) {
            json.append(name)
            json.appendJSON(Int64(value))
        }
        member("{\"events\":", summary.events)
        member(",\"duplicates\":", summary.dropped.natural)
        member(",\"conflicts\":", summary.dropped.synthetic)
        member(",\"late\":", summary.dropped.late)
        member(",\"deadLetters\":", summary.deadLetters)
        member(",\"states\":", summary.states)
        member(",\"checkpoints\":", summary.checkpoints)
        member(",\"longestPauseMicroseconds\":", summary.longestPause)
        json.append(",\"seconds\":")
        json.appendJSON(summary.seconds)
        json.append(",\"foldSeconds\":")
        json.appendJSON(summary.foldSeconds)
        json.append(",\"cpuSeconds\":")
        json.appendJSON(summary.cpuSeconds)
        json.append(",\"tables\":[")
        for (index, row) in summary.rows.enumerated() {
            if index > 0 { json.append(",") }
            json.append("{\"table\":")
            json.appendJSON(row.table)
            json.append(",\"keys\":[")
            for (place, key) in row.keys.enumerated() {
                if place > 0 { json.append(",") }
                json.appendJSON(key)
            }
            json.append("]")
            member(",\"rows\":", row.rows)
            json.append(",\"sha256\":")
            json.appendJSON(row.sha256)
            json.append("}")
        }
        json.append("],\"sha256\":")
        json.appendJSON(summary.sha256)
        json.append("}")
        return json.string
    }
}
