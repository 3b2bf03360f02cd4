import PluginHost
import Rules
import Settings
import Sinks

/// The section `alerts`.
struct AlertSettings {
    let rules: AlertRules
    /// Nil: alerts are not sent anywhere.
    let webhook: WebhookConfiguration?
    /// Of what is stored of alerts.
    let folder: String

    /// - Parameter data: the data folder.
    init(_ reader: SettingsReader, data: String) {
        rules = AlertRules(reader)
        webhook = WebhookConfiguration(reader.section("webhook"))
        folder = "\(data)/alerts"
        reader.finish()
    }

    /// The rules that these plugins' tables can't give, a sentence each.
    ///
    /// - Parameter added: the columns that the operator adds to tables.
    func problems(with plugins: [PluginDescription], added: TablesConfiguration) -> [String] {
        rules.rules.compactMap { rule in
            guard case .table(let plugin, let id) = rule.source else { return nil }
            let place = "alerts.rules, \(rule.name)"
            guard let found = plugins.first(where: { $0.id == plugin }) else {
                return "\(place): there is no plugin \(plugin)"
            }
            guard let table = found.tables.first(where: { $0.id == id }) else {
                let names = found.tables.map(\.id).joined(separator: ", ")
                return "\(place): \(plugin) has no table \(id), but \(names)"
            }
            let more = added.columns[TableID(plugin: plugin, table: id)] ?? []
            let columns = table.columns.map(\.name) + more.map(\.name)
            guard let missing = AlertCondition(rule).names.first(where: { !columns.contains($0) }) else { return nil }
            return "\(place): \(plugin)/\(id) has no column \(missing), but \(columns.joined(separator: ", "))"
        }
    }
}
