/// How figures are written: OpenMetrics for who asks for it, else Prometheus' older text format.
package enum MetricsFormat: Sendable {
    case prometheus, openMetrics

    /// What a requester prefers.
    ///
    /// - Parameter accept: the header of that name; nil or anything else: Prometheus' format, which all can read.
    package init(accept: String?) {
        var best = (format: MetricsFormat.prometheus, quality: 0.0)
        for range in (accept ?? "").lowercased().split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.trimmingSpaces }
            let format: MetricsFormat
            switch parts.first {
            case "application/openmetrics-text":
                let version = parts.first { $0.hasPrefix("version=") }?.dropFirst("version=".count)
                guard version == nil || version == "1.0.0" || version == "0.0.1" else { continue }
                format = .openMetrics
            case "text/plain", "text/*", "*/*": format = .prometheus
            default: continue
            }
            let quality = parts.first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            // Of equals the first counts.
            if quality > best.quality { best = (format, quality) }
        }
        self = best.format
    }

    package var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        let start = drop { $0 == " " || $0 == "\t" }
        return start.lastIndex { $0 != " " && $0 != "\t" }.map { start[...$0] } ?? ""
    }
}
