import Foundation
import PluginHost
import Records
import Reduction
import Synchronization
import Web

/// Has all hosts that share a log fold with the same builds: what an operator changes on one of them, the others fetch and load.
///
/// The store says which builds are wanted, and has each of them under its SHA-256. A host that finds another build here than when it
/// agreed last wants that from now on, and tells the others; where nothing was changed here, it follows. Its methods block.
final class ClusterBuilds: Sendable {
    /// By plugin, the SHA-256 of its build.
    typealias Builds = [String: String]

    private struct Wanted: Codable {
        /// Counts up.
        var number: Int
        var builds: Builds
    }

    private struct Own {
        let build: String
        /// The library that holds it.
        let path: String
        /// Where a library of the plugin is looked for.
        let file: String
    }

    private static let wanted = "builds"

    private let store: ClusterStore
    private let engine: ReductionEngine
    private let plugins: LoadedPlugins
    private let folder: String
    /// The builds with which this host agreed last.
    private let agreed: JSONFile<Builds>
    private let following = Mutex(())

    /// - Parameters:
    ///   - folder: of the plugins' libraries.
    ///   - data: the data folder.
    init(
        _ store: ClusterStore, _ engine: ReductionEngine, _ plugins: LoadedPlugins, folder: String, data: String
    ) {
        self.store = store
        self.engine = engine
        self.plugins = plugins
        self.folder = folder
        agreed = JSONFile(path: "\(data)/cluster-builds.json")
    }

    /// Agrees with the others, as far as that can be. Returns why this host can't fold as they do, or nil.
    ///
    /// - Throws: what the store throws: then nothing is known.
    func follow() throws -> String? {
        try following.withLock { _ in
            // Of two that change something at once, the second looks again.
            for _ in 0..<10 {
                if let outcome = try agree() { return outcome.problem }
            }
            return nil
        }
    }

    var own: Builds { ownBuilds.mapValues(\.build) }

    private struct Outcome {
        var problem: String?
    }

    /// Nil: another host was quicker.
    private func agree() throws -> Outcome? {
        let own = ownBuilds
        let mine = own.mapValues(\.build)
        let text = try store.get(Self.wanted)
        guard let text, let wanted = try? JSONDecoder().decode(Wanted.self, from: Data(text.utf8)) else {
            return try publish(Wanted(number: 1, builds: mine), in: text, own)
        }
        if wanted.builds == mine {
            try note(mine)
            return Outcome()
        }
        let changed = changes(mine, since: agreed.read(), wanted.builds)
        guard changed.isEmpty else {
            var next = wanted
            next.number += 1
            for plugin in changed { next.builds[plugin] = mine[plugin] }
            guard try publish(next, in: text, own) != nil else { return nil }
            for plugin in changed.sorted() {
                Terminal.note(
                    "\(plugin): all hosts of the group are told of build \(mine[plugin]?.prefix(12) ?? "none")")
            }
            // There may be more in which the others are ahead.
            return nil
        }
        return Outcome(problem: try load(wanted.builds, own))
    }

    /// The plugins that were changed on this host.
    private func changes(_ mine: Builds, since agreed: Builds?, _ wanted: Builds) -> Set<String> {
        guard let agreed else { return Set(mine.keys).subtracting(wanted.keys) }
        return Set(mine.keys).union(agreed.keys).filter { mine[$0] != agreed[$0] && mine[$0] != wanted[$0] }
    }

    private func publish(_ wanted: Wanted, in text: String?, _ own: [String: Own]) throws -> Outcome? {
        // First the libraries: who reads that they are wanted finds them.
        for (plugin, build) in own where wanted.builds[plugin] == build.build {
            let name = Self.library(build.build)
            guard try store.names(name).isEmpty else { continue }
            try store.set(name, "\"\(Data(contentsOf: URL(filePath: build.path)).base64EncodedString())\"")
        }
        guard try store.replace(Self.wanted, text, by: wanted) else { return nil }
        try note(wanted.builds.filter { own[$0.key]?.build == $0.value })
        let kept = Set(wanted.builds.values.map(Self.library))
        for name in try store.names("library/") where !kept.contains(name) { try store.delete(name) }
        return Outcome()
    }

    private func note(_ builds: Builds) throws {
        if agreed.read() != builds { try agreed.write(builds) }
    }

    // MARK: Loading what others want

    private func load(_ wanted: Builds, _ own: [String: Own]) throws -> String? {
        var problems: [String] = []
        for (plugin, build) in wanted.sorted(by: { $0.key < $1.key }) where own[plugin]?.build != build {
            do {
                guard
                    let library = try store.get(Self.library(build), as: String.self).flatMap({
                        Data(base64Encoded: $0)
                    }),
                    Array(library).withUnsafeBytes({ SHA256.hexadecimal(of: $0) }) == build
                else {
                    problems.append("\(plugin): build \(build.prefix(12)) is wanted, and the store does not have it")
                    continue
                }
                let file = own[plugin]?.file ?? "\(folder)/\(plugin).so"
                try library.write(to: URL(filePath: file), options: .atomic)
            } catch let error as CocoaError {
                problems.append(
                    "\(plugin): build \(build.prefix(12)) is wanted, and can't be put into \(folder): "
                        + error.localizedDescription)
            }
        }
        for (plugin, own) in own where wanted[plugin] == nil {
            // Not deleted: somebody has put it there.
            try? FileManager.default.moveItem(atPath: own.file, toPath: own.file + ".removed")
            Terminal.note("\(plugin): another host of the group has removed it; its library is now \(own.file).removed")
        }
        do {
            let reload = try plugins.reload(nil)
            for change in reload.changes {
                Terminal.note("\(change.id): \(change.kind.rawValue), as another host of the group has it")
            }
            problems += reload.refusals
        } catch {
            switch error {
            case .unknown(let reason), .failed(let reason): problems.append(reason)
            }
        }
        let mine = self.own
        if mine == wanted {
            try note(mine)
            return nil
        }
        let missing = wanted.filter { mine[$0.key] != $0.value }.map { "\($0.key) \($0.value.prefix(12))" }.sorted()
        return "this host does not run the builds of its group (\(missing.joined(separator: ", "))): "
            + problems.joined(separator: " ")
    }

    private static func library(_ build: String) -> String { "library/\(build)" }

    /// What this host has: builds that run, and those that are off here.
    private var ownBuilds: [String: Own] {
        var own: [String: Own] = [:]
        for plugin in plugins.report.off {
            own[plugin.id] = Own(build: plugin.identity.build, path: plugin.file, file: plugin.file)
        }
        for plugin in engine.plugins {
            own[plugin.id] = Own(build: plugin.identity.build, path: plugin.path, file: plugin.file)
        }
        return own
    }
}
