import Foundation
import Glibc

/// A running host: what it says of itself.
struct HostChecks {
    private(set) var findings: [Finding] = []
    /// Whether it has told how its stores are.
    private(set) var knowsStores = false

    /// - Parameters:
    ///   - address: its address; nil: where the data folder's host listened last.
    ///   - tokenFile: nil: the data folder's.
    init(address: String?, tokenFile: String?, data: String, _ settings: HostSettings) async {
        guard let address = address ?? HostAddressFile.read(data) else {
            findings = [Finding("host", .note, "none has listened yet", remedy: "Start it with `lectern serve`.")]
            return
        }
        do {
            let tokens = settings.tokens(data: data)
            let file = tokenFile ?? (access(tokens, R_OK) == 0 ? tokens : nil)
            let client = try OperatorClient(HostAddress(url: address), tokenFile: file)
            let body = try client.get("/processor/status")
            let status = try JSONDecoder().decode(ProcessorStatus.self, from: Data(body.utf8))
            knowsStores = true
            findings = HostFindings(status, settings, address: address).all
            let processor = FigureText(try client.get("/metrics/processor"))
            findings +=
                FigureFindings(
                    status, processor, FigureText(try client.get("/metrics")),
                    enrichment: try client.find("/processor/enrichment"), settings
                ).all
        } catch let error as OperatorClient.NoAnswer {
            findings.append(
                Finding(
                    "host", .problem, "\(error)",
                    remedy: "Start it, or see its own log (`journalctl -u lectern`); name its address with --to."))
        } catch {
            findings.append(Finding("host", .problem, "\(error)", remedy: "Is it a Lectern host of this version?"))
        }
    }
}
