import Glibc
import PluginHost
import Web

/// The plugins of a folder: whether a host would load them.
struct InstalledPluginChecks {
    private(set) var findings: [Finding] = []

    init(_ common: CommonOptions, _ settings: HostSettings) {
        let folder = common.pluginFolder
        guard access(folder, F_OK) == 0 else {
            findings = [
                Finding(
                    "plugins", .problem, "there is no folder \(folder)",
                    remedy: "Name the folder that the host has with --plugins.")
            ]
            return
        }
        let catalog = common.catalogQuietly(settings.plugins)
        for refusal in catalog.refusals {
            findings.append(
                Finding(
                    "plugins", .problem, "\(refusal)",
                    remedy: "Build it with this host's SDK; `lectern plugin check FILE.so` runs every rule."))
        }
        for plugin in catalog.off {
            findings.append(
                Finding(
                    "plugins", plugin.isPinnedElsewhere ? .warning : .note, "\(plugin)",
                    remedy: "See plugins.\(plugin.id)."))
        }
        let descriptions = catalog.plugins.map(\.description)
        for problem in settings.metrics.problems(with: descriptions, added: settings.plugins.tables) {
            findings.append(Finding("figures", .warning, problem, remedy: "Correct the section metrics."))
        }
        for problem in settings.alerts.problems(with: descriptions, added: settings.plugins.tables) {
            findings.append(Finding("alerts", .warning, problem, remedy: "Correct the section alerts."))
        }
        let names = catalog.plugins.map { "\($0.id) \($0.identity.version)" }.joined(separator: ", ")
        findings.append(
            catalog.plugins.isEmpty
                ? Finding(
                    "plugins", .problem, "none in \(folder) is on: nothing is folded",
                    remedy: "Put built plugins there, or see the section plugins.")
                : Finding("plugins", .ok, names))
    }
}
