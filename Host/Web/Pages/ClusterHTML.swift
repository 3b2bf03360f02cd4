/// The hosts that share a log, for the start page.
struct ClusterHTML {
    let report: ClusterReport?

    var html: HTML {
        guard let report else { return "" }
        let rows = report.hosts.map { host -> HTML in
            let own: HTML = host.id == report.host ? " (this one)" : ""
            return """
                <tr><th scope="row">\(host.address)\(own)</th>\
                <td class="number">\(ValueFormat.text(Int64(host.partitions.count)))</td>\
                <td class="list">\(list(host.partitions))</td><td class="number">\(behind(host.lag))</td>\
                <td class="list">\(host.problem ?? "")</td></tr>
                """
        }
        let unowned: HTML =
            report.unowned.isEmpty
            ? "" : "<p class=\"about\">Nobody has these partitions yet: \(list(report.unowned)).</p>"
        return """
            <section class="panel full" aria-labelledby="hosts"><h2 id="hosts">Hosts</h2>
            <p class="about">Group \(report.group): each partition of the log is folded by one of them.</p>\(unowned)
            <div class="scroll" tabindex="0" role="region" aria-labelledby="hosts">
            <table><thead><tr><th scope="col">Host</th><th scope="col" class="number">Partitions</th>\
            <th scope="col">Which</th><th scope="col" class="number">Behind</th><th scope="col">Problem</th></tr></thead>
            <tbody>\(rows)</tbody></table></div></section>
            """
    }

    private func list(_ partitions: [Int]) -> String { partitions.map(String.init).joined(separator: ", ") }

    private func behind(_ lag: ClusterReport.Host.Lag) -> String {
        lag.messages == 0 ? "nothing" : "\(ValueFormat.text(Int64(clamping: lag.messages))) events"
    }
}
