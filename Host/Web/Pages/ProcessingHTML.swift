/// How the processing of events goes, for the start page: where events are published, and what states are kept in.
struct ProcessingHTML {
    let report: ProcessorReport

    var html: HTML { "\(outputs)\(stores)" }

    /// Of one rule; more are on no page.
    private static let alertsShown = 20

    /// What fires, for the top of the page: a line for each rule, with what it is about below.
    var alerts: HTML {
        if report.alerts.isEmpty && report.alertProblem == nil { return "" }
        var rules: [(name: String, alerts: [ProcessorReport.Alert])] = []
        for alert in report.alerts {
            if let index = rules.firstIndex(where: { $0.name == alert.rule }) {
                rules[index].alerts.append(alert)
            } else {
                rules.append((alert.rule, [alert]))
            }
        }
        let items = rules.map { rule -> HTML in
            if rule.alerts.count == 1 { return "<li><b>\(rule.name)</b> \(line(rule.alerts[0]))</li>\n" }
            let shown = rule.alerts.prefix(Self.alertsShown).map { "<li>\(line($0))</li>\n" as HTML }
            let rest = rule.alerts.count - shown.count
            let more: HTML =
                rest > 0 ? "<p>\(rest) more, which <code>/processor/status</code> lists.</p>" : ""
            return """
                <li><details><summary><b>\(rule.name)</b> fires \(rule.alerts.count) times, last since \
                \(time(rule.alerts[0].since))</summary><ul>\(shown)</ul>\(more)</details></li>

                """
        }
        let sending: HTML = report.alertProblem.map { "<p>They can't be sent at the moment: \($0)</p>" } ?? ""
        return """
            <section class="notice" aria-labelledby="alerts"><h2 id="alerts">Alerts</h2>
            \(HTML.when(!items.isEmpty, "<ul>\(items)</ul>"))\(sending)</section>
            """
    }

    private func line(_ alert: ProcessorReport.Alert) -> HTML {
        "\(alert.key): \(alert.value), since \(time(alert.since))"
    }

    private func time(_ microseconds: Int64) -> HTML { "<time>\(TimeText.text(microseconds)) UTC</time>" }

    private var outputs: HTML {
        if report.outputs.isEmpty { return "" }
        let rows = report.outputs.map { output -> HTML in
            """
            <tr><th scope="row">\(output.name)</th><td>\(output.type)</td><td>\(state(output.state))</td>\
            <td class="number">\(ValueFormat.text(Int64(clamping: output.published)))</td>\
            <td class="number">\(behind(output.lag))</td><td class="list">\(output.problem ?? "")</td></tr>
            """
        }
        return """
            <section class="panel full" aria-labelledby="outputs"><h2 id="outputs">Outputs</h2>
            <p class="about">Where processed events are published. An output that waits loses nothing.</p>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="outputs">
            <table><thead><tr><th scope="col">Output</th><th scope="col">Type</th><th scope="col">State</th>\
            <th scope="col" class="number">Published</th><th scope="col" class="number">Behind</th>\
            <th scope="col">Why</th></tr></thead>
            <tbody>\(rows)</tbody></table></div></section>
            """
    }

    private var stores: HTML {
        if report.stores.isEmpty { return "" }
        let rows = report.stores.map { store -> HTML in
            let status: HTML = store.problem == nil ? word("good", "answers") : word("alert", "away")
            return """
                <tr><th scope="row">\(store.name)</th><td>\(store.type)</td><td>\(status)</td>\
                <td class="list">\(store.problem ?? "")</td></tr>
                """
        }
        return """
            <section class="panel full" aria-labelledby="stores"><h2 id="stores">Stores</h2>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="stores">
            <table><thead><tr><th scope="col">Store</th><th scope="col">Type</th><th scope="col">State</th>\
            <th scope="col">Why</th></tr></thead>
            <tbody>\(rows)</tbody></table></div></section>
            """
    }

    private func state(_ state: ProcessorReport.Output.State) -> HTML {
        switch state {
        case .publishing: word("good", "publishing")
        case .waiting: word("warn", "waiting")
        case .stopped: word("alert", "stopped")
        }
    }

    /// A word with a shape: colour is never all that tells.
    private func word(_ tone: HTML, _ word: HTML) -> HTML {
        """
        <span class="status" data-tone="\(tone)"><span class="shape" aria-hidden="true"></span>\
        <span class="word">\(word)</span></span>
        """
    }

    private func behind(_ lag: ProcessorReport.Lag) -> String {
        guard lag.records > 0 else { return "nothing" }
        let seconds = lag.seconds < 10 ? "\((lag.seconds * 10).rounded() / 10)" : "\(Int(lag.seconds))"
        return "\(ValueFormat.text(Int64(clamping: lag.records))) events, \(seconds) s"
    }
}
