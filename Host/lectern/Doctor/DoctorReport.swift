/// All that `lectern doctor` has found.
struct DoctorReport: Encodable {
    struct TopicReport: Encodable {
        let topic: Finding.Topic
        /// Nothing that was found explains it.
        let isWell: Bool
        let findings: [String]
        let todo: [String]
    }

    let status: Finding.Status
    let findings: [Finding]
    let topics: [TopicReport]

    init(_ findings: [Finding]) {
        self.findings = findings
        status = findings.map(\.status).max() ?? .ok
        topics = Finding.Topic.allCases.map { topic in
            let about = findings.filter { $0.topics.contains(topic) }
            let bad = about.filter { $0.status >= .warning }
            return TopicReport(
                topic: topic, isWell: bad.isEmpty,
                // Where nothing is wrong, the figures say so.
                findings: (bad.isEmpty ? about : bad).map { "\($0.check): \($0.found)" },
                todo: about.filter { $0.status >= .note }.compactMap(\.remedy))
        }
    }

    var text: String {
        var lines: [String] = []
        let width = findings.map(\.check.count).max() ?? 0
        for finding in findings {
            let status = finding.status.rawValue
            lines.append(
                status + String(repeating: " ", count: 9 - status.count) + finding.check
                    + String(repeating: " ", count: width - finding.check.count + 2) + finding.found)
            if finding.status > .ok, let remedy = finding.remedy {
                lines.append(String(repeating: " ", count: width + 11) + "→ \(remedy)")
            }
        }
        for topic in topics {
            lines += ["", "\(topic.topic.rawValue.capitalizedFirst): \(topic.isWell ? "nothing found" : "see")"]
            lines += topic.findings.map { "  \($0)" }
            lines += topic.todo.map { "  → \($0)" }
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
