import PluginHost
import Records
import Synchronization
import Web

/// Does to the plugins of a running host what operators ask for. Any thread.
///
/// What is enabled and disabled is kept in the data folder. The settings win over it: where they say `enabled` themselves,
/// a request that contradicts them is refused, since it would last until the next start alone.
final class PluginChanges: Sendable {
    private let plugins: LoadedPlugins
    private let settings: PluginsConfiguration
    private let data: String
    private let quarantine: Quarantine
    /// Held while a plugin is being enabled or disabled.
    private let switching = Mutex(())

    /// - Parameter data: the data folder.
    init(_ plugins: LoadedPlugins, _ settings: PluginsConfiguration, _ quarantine: Quarantine, data: String) {
        self.quarantine = quarantine
        self.plugins = plugins
        self.settings = settings
        self.data = data
    }

    func run(_ request: PluginRequest) throws(PluginReloadError) -> PluginReload {
        switch request {
        case .reload(let id): return try plugins.reload(id)
        case .rebuild(let id): return try plugins.reload(id, anew: true)
        case .release(let id): return try release(id)
        case .rollback(let id): return try rollBack(id)
        case .enable(let id): return try `switch`(id, on: true)
        case .disable(let id): return try `switch`(id, on: false)
        }
    }

    private func release(_ id: String) throws(PluginReloadError) -> PluginReload {
        do {
            guard try quarantine.release(id) else {
                let known = quarantine.plugins.sorted().joined(separator: ", ")
                throw PluginReloadError.unknown(
                    "No build of \(id) was put away; \(known.isEmpty ? "no other's either" : "builds of \(known) were")."
                )
            }
        } catch let error as PluginReloadError {
            throw error
        } catch {
            throw .failed("It can't be kept in \(data): \(error)")
        }
        return try plugins.reload(id)
    }

    private func rollBack(_ id: String) throws(PluginReloadError) -> PluginReload {
        guard let running = plugins.report.plugins.first(where: { $0.id == id }) else {
            throw .unknown("There is no plugin \(id) that runs.")
        }
        let isBefore = quarantine.verdicts.values.contains { verdict in
            if case .replaced(let path, _) = verdict { path.hasSuffix("/\(running.build).so") } else { false }
        }
        guard !isBefore else {
            throw .failed(
                "\(id) has gone back already; `lectern plugin release \(id)` goes on with the build that its file holds."
            )
        }
        guard let before = plugins.history.before(id) else {
            throw .failed(
                "No build of \(id) is known to have run here before this one. Put its file into the folder of plugins, and: "
                    + "lectern plugin reload \(id)")
        }
        do {
            let entry = Quarantine.Entry(
                plugin: id, kind: .off, since: WallClock.microseconds,
                reason: "an operator went back to the build before"
            ).replaced(by: before)
            try quarantine.add(running.build, entry)
        } catch {
            throw .failed("It can't be kept in \(data): \(error)")
        }
        do throws(PluginReloadError) {
            let reload = try plugins.reload(id)
            guard reload.changes.isEmpty else { return reload }
            throw PluginReloadError.failed("The build before can't go on: \(reload.refusals.joined(separator: " "))")
        } catch {
            _ = try? quarantine.release(id)
            throw error
        }
    }

    private func `switch`(_ id: String, on: Bool) throws(PluginReloadError) -> PluginReload {
        try switching.withLock { _ in Result { () throws(PluginReloadError) in try set(id, on: on) } }.get()
    }

    private func set(_ id: String, on: Bool) throws(PluginReloadError) -> PluginReload {
        if let fixed = settings.entries[id]?.enabled, fixed != on {
            throw .failed(
                "The settings say plugins.\(id).enabled: \(fixed), and they win at every start; change them there, or "
                    + "remove that line so that `lectern plugin \(on ? "enable" : "disable")` decides.")
        }
        let report = plugins.report
        let isRunning = report.plugins.contains { $0.id == id }
        let off = report.off.first { $0.id == id }
        if !isRunning, off == nil {
            let known = (report.plugins.map(\.id) + report.off.map(\.id)).sorted().joined(separator: ", ")
            throw .unknown("There is no plugin \(id); there is \(known.isEmpty ? "none" : known).")
        }
        if on, let off, case .switchedOff = off.why {
        } else if on, let off {
            throw .failed("\(id) is off for another reason: \(off.reason).")
        }
        // What is so already stays so.
        if on == isRunning { return PluginReload(changes: [], refusals: []) }
        if !on, off != nil { return PluginReload(changes: [], refusals: []) }
        try store(id, isOn: on)
        do throws(PluginReloadError) {
            let reload = try plugins.reload(id)
            guard plugins.report.plugins.contains(where: { $0.id == id }) == on else {
                let reasons = reload.refusals.isEmpty ? "" : ": " + reload.refusals.joined(separator: " ")
                throw PluginReloadError.failed(
                    "\(id) can't be \(on ? "enabled" : "disabled") as it lies there\(reasons)")
            }
            return reload
        } catch {
            try store(id, isOn: !on)
            throw error
        }
    }

    private func store(_ id: String, isOn: Bool) throws(PluginReloadError) {
        var disabled = DisabledPlugins(data: data)
        do {
            if isOn { try disabled.remove(id) } else { try disabled.add(id) }
        } catch {
            throw .failed("It can't be kept in \(data): \(error)")
        }
    }
}
