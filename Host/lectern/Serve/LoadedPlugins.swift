import Enrichment
import Ingest
import NIOPosix
import PluginHost
import Reduction
import Synchronization
import Web

/// The plugins of a running host, and how they are replaced. All members: any thread.
final class LoadedPlugins: Sendable {
    private let catalog: Mutex<PluginCatalog>
    /// Loads what the folder holds, given what runs.
    private let load: @Sendable ([PluginBuild]) -> PluginCatalog
    private let engine: ReductionEngine
    private let ingest: IngestService
    let history: BuildHistory
    private let settings: FoldedSettings
    /// Held while plugins are being replaced.
    private let reloading = Mutex(())

    init(
        _ catalog: PluginCatalog, engine: ReductionEngine, ingest: IngestService, history: BuildHistory,
        settings: FoldedSettings, load: @escaping @Sendable ([PluginBuild]) -> PluginCatalog
    ) {
        self.catalog = Mutex(catalog)
        self.engine = engine
        self.ingest = ingest
        self.load = load
        self.history = history
        self.settings = settings
        note(catalog)
    }

    var report: PluginReport {
        let troubles = engine.troubles
        var report = catalog.withLock { PluginReport($0) }
        for index in report.plugins.indices {
            report.plugins[index].trouble = troubles[report.plugins[index].id].map { PluginListing.Trouble($0) }
        }
        return report
    }

    /// Keeps in the quarantine what follows from the end of a worker, and acts by it: the build before goes on in place of a
    /// bad one, or a worker begins that only shows what is stored.
    func judge(_ build: PluginBuild, _ trouble: PluginTrouble, _ quarantine: Quarantine) {
        var entry = Quarantine.Entry(plugin: build.id, kind: .off, since: trouble.since, reason: trouble.reason)
        switch trouble.outcome {
        case .off: break
        case .rolledBack(let before): entry = entry.replaced(by: before.path)
        case .restarting, .waiting, .skipped: return
        }
        do {
            try quarantine.add(build.identity.build, entry)
            _ = try reload(build.id)
        } catch PluginReloadError.failed(let reason) {
            Terminal.warn("\(build.id) could not be put away: \(reason)")
        } catch {
            Terminal.warn("the quarantine can't be kept: \(error)")
        }
    }

    /// Goes on with what the folder holds now: builds that are new, plugins that have come, without those that have gone.
    /// What fails leaves all as it was. Blocks until the new generation folds.
    ///
    /// - Parameters:
    ///   - id: the only plugin to look at; nil for all.
    ///   - anew: whether its states are made from the first record on, also if its build has not changed.
    func reload(_ id: String?, anew: Bool = false) throws(PluginReloadError) -> PluginReload {
        let result = reloading.withLock { _ in
            Result { () throws(PluginReloadError) in try replace(id, anew: anew) }
        }
        return try result.get()
    }

    /// Reloads whenever plugins in the folder have changed, until the task is cancelled. Says what came of it.
    func follow(_ folder: String) async {
        var watch = FolderWatch(folder)
        while (try? await Task.sleep(for: FolderWatch.interval)) != nil {
            guard watch.hasChanged() else { continue }
            let result = try? await NIOThreadPool.singleton.runIfActive { [self] in
                Result { () throws(PluginReloadError) in try reload(nil) }
            }
            switch result {
            case .success(let reload):
                for change in reload.changes {
                    Terminal.note(
                        PluginChange.text(
                            change.id, change.kind.rawValue, build: change.build,
                            isRebuilt: reload.rebuilt.contains(change.id),
                            isMigrated: reload.migrated.contains(change.id)))
                }
            case .failure(.unknown(let reason)), .failure(.failed(let reason)): Terminal.warn(reason)
            case nil: return
            }
        }
    }

    private func replace(_ id: String?, anew: Bool) throws(PluginReloadError) -> PluginReload {
        let before = catalog.withLock { $0 }
        var found = load(before.plugins)
        if let id {
            guard (before.plugins + found.plugins).contains(where: { $0.id == id }) else {
                let reasons = found.refusals.map(\.description)
                throw .unknown(
                    (["There is no plugin \(id) in the folder."] + reasons).joined(separator: " Refused: "))
            }
            found = PluginCatalog(
                plugins: before.plugins.filter { $0.id != id } + found.plugins.filter { $0.id == id },
                refusals: found.refusals,
                off: found.off.filter { off in off.id == id || !before.plugins.contains { $0.id == off.id } })
        }
        let made = Set(found.plugins.map(\.id).filter { anew && $0 == id })
        let changes = PluginReload.changes(from: before.plugins, to: found.plugins)
        var reload = PluginReload(changes: changes, refusals: found.refusals.map(\.description))
        if !changes.isEmpty || !made.isEmpty {
            // A function that is gone is left out, as its plugin may be off; one that has changed is a mistake.
            if let problems = ingest.enrichment?.problems(with: engine.enrichingPlugins(found.plugins)),
                !problems.isEmpty
            {
                throw .failed("The plugins before go on: \(problems.joined(separator: "\n"))")
            }
            do {
                let replacement = try engine.replacePlugins(found.plugins, anew: made)
                reload.rebuilt = replacement.rebuilt.sorted()
                reload.migrated = replacement.migrated.sorted()
                reload.seconds = replacement.seconds
                reload.shadows = replacement.shadows.map { id, report in
                    PluginReload.Shadow(
                        id: id, events: report.events, states: report.states, changed: report.changed)
                }.sorted { $0.id < $1.id }
                reload.pause = replacement.pause
            } catch {
                throw .failed("The plugins before go on: \(error)")
            }
            ingest.replaceSources(PluginSource.all(of: engine))
            ingest.enrichment?.use(engine.enrichingPlugins)
            ingest.counters.declare(types: engine.plugins.flatMap(\.description.types))
        }
        catalog.withLock { $0 = found }
        note(found, anew: made.union(reload.rebuilt))
        return reload
    }

    private func note(_ catalog: PluginCatalog, anew: Set<String> = []) {
        do {
            for change in try settings.note(catalog.plugins, anew: anew) { Terminal.warn(change) }
        } catch {
            Terminal.warn("with which settings plugins fold can't be kept: \(error)")
        }
        do { try history.note(catalog.plugins) } catch {
            Terminal.warn("which builds have run can't be kept, so nobody can go back to them: \(error)")
        }
    }
}

extension PluginReload {
    /// What differs between two sets of plugins.
    static func changes(from before: [PluginBuild], to after: [PluginBuild]) -> [PluginChange] {
        let changed = after.compactMap { plugin -> PluginChange? in
            guard let old = before.first(where: { $0.id == plugin.id }) else {
                return PluginChange(id: plugin.id, kind: .added, build: plugin.identity.build)
            }
            return old === plugin ? nil : PluginChange(id: plugin.id, kind: .replaced, build: plugin.identity.build)
        }
        let removed = before.filter { old in !after.contains { $0.id == old.id } }
        return changed + removed.map { PluginChange(id: $0.id, kind: .removed, build: $0.identity.build) }
    }
}

extension PluginListing.Trouble {
    init(_ trouble: PluginTrouble) {
        let isOff = if case .off = trouble.outcome { true } else { false }
        self.init(state: isOff ? "off" : "restarting", since: trouble.since, reason: trouble.reason)
    }
}
