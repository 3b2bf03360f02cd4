import ArgumentParser
import Records

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check a deployment, and say what to do about what is wrong.",
        discussion: """
            Looks at the settings, the plugins, the data folder with its log, the stores, and at the host, if it runs. Then says
            what of it may explain high memory, processing delays, missing enrichments and duplicate events. Changes nothing.
            Exits with 1 if something does not work; warnings alone are 0.

            Examples:
              lectern doctor --data /var/lib/lectern/data --config /etc/lectern/lectern.yaml
              lectern doctor --json | jq '.findings[] | select(.status == "problem")'
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("The data folder.", valueName: "folder"))
    var data = "lectern-data"

    @Option(
        help: ArgumentHelp("The host. Default: where the data folder's host listened last.", valueName: "url"))
    var to: String?

    @Option(
        help: ArgumentHelp(
            "A file with a token for the host. Default: the host's own tokens, in the data folder.", valueName: "file"))
    var token: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        try await Command.run {
            let report = DoctorReport(await findings())
            print(json ? try JSONOutput.line(report) : report.text)
            if report.status == .problem { throw ExitCode.failure }
        }
    }

    private func findings() async -> [Finding] {
        let settings: HostSettings
        var findings: [Finding]
        do {
            settings = try common.load(data: data)
            let from = common.settings.config ?? "no file: every default holds, but for variables and --set"
            findings = [Finding("settings", .ok, from)]
        } catch {
            return [
                Finding(
                    "settings", .problem, "\(error)", remedy: "Correct them; `lectern config check` tells the same."
                )
            ]
        }
        findings += InstalledPluginChecks(common, settings).findings
        let folder = DataChecks(data, settings)
        findings += folder.findings
        let host = await HostChecks(address: to, tokenFile: token, data: data, settings)
        // A database that is in use can be read by others; the host's own word is better.
        if !host.knowsStores, folder.isThere { findings += await StoreChecks(data, settings).findings }
        return findings + host.findings
    }
}
