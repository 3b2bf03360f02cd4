import ArgumentParser
import FoundationEssentials
import Glibc
import PluginHost
import Records
import Reduction

/// Builds a package whenever its sources change, has a host go on with the build, and shows what that changes, until the
/// user ends it. Not thread-safe.
final class DevSession {
    private let build: PluginCompilation
    private let target: DevTarget
    /// Events for a private host.
    private let events: [FoldInput]
    private let json: Bool
    private let good: LastGoodBuilds
    /// The libraries of the package; nil: its manifest has to be asked.
    private var names: [String]?
    /// Of the libraries that were built last, in the order of their names.
    private var identities: [PluginIdentity] = []
    /// The reducers' versions of the last build that went live.
    private var versions: [String: String] = [:]
    private var isLive = false
    /// The reducers that were named once for their versions.
    private var named: Set<String> = []
    private var rejections = SampleRejections.none

    init(_ build: PluginCompilation, _ target: DevTarget, events: [FoldInput], json: Bool) throws {
        self.build = build
        self.target = target
        self.events = events
        self.json = json
        good = try LastGoodBuilds()
    }

    /// Returns when the user has ended it.
    func run() throws {
        Interruption.watch()
        let files = events.map(\.path)
        var watch = SourceWatch(build.package.path, others: files)
        do {
            try update(nil)
            while true {
                try Interruption.check()
                usleep(SourceWatch.interval)
                relay()
                if let change = watch.change() {
                    if isLive, change.files.allSatisfy(files.contains), target.own != nil {
                        try beginAnew()
                    } else {
                        try update(change)
                    }
                }
                if isLive, let host = target.own, !host.isRunning { try recover() }
            }
        } catch is Interruption {
            Interruption.clear()
            target.own?.stop()
        }
    }

    // MARK: One edit

    private func update(_ change: SourceWatch.Change?) throws {
        let edited = change?.time ?? WallClock.microseconds
        let began = MonotonicClock.microseconds
        let captured = try build.compiler().captureUntilInterrupted { Self.showWaiting(for: $0) }
        let compile = Double(MonotonicClock.microseconds - began) / 1e6
        guard captured.end == .code(0) else {
            try Interruption.check()
            return report(
                .init(
                    event: .compile, compileSeconds: compile,
                    messages: CompilerMessages.errors(
                        in: captured.output + captured.errors, of: build.package.path), goesOn: isLive))
        }
        do {
            if change?.files.contains("\(build.package.path)/Package.swift") == true { names = nil }
            let names = try names ?? build.libraries()
            if self.names == nil, !isLive {
                // What a running host has is what it goes back to.
                for name in names { good.keep(name, from: target.folder) }
            }
            self.names = names
            identities = try names.map { try build.copy($0, to: "\(target.folder)/\($0).so") }
            let hasOldEvents = events.contains { change?.files.contains($0.path) ?? false }
            let before = target.own?.isRunning == false ? [] : try shown()
            if hasOldEvents { forget() }
            if let host = target.own, !host.isRunning { try host.start() }
            try goLive()
            let seconds = Double(WallClock.microseconds - edited) / 1e6
            let wasLive = isLive
            isLive = true
            if !wasLive || hasOldEvents { try replay() }
            try showLive(seconds, compile, before: wasLive || target.own == nil ? before : nil)
            for name in names { good.keep(name, from: target.folder) }
        } catch let error as Interruption {
            throw error
        } catch {
            // A process that is ending takes a moment for it.
            if let host = target.own, host.hasEnded(within: error is OperatorClient.NoAnswer ? 5 : 0) {
                return try recover()
            }
            let goesOn = putBack()
            report(.init(event: .refused, messages: ["\(error)"], goesOn: goesOn))
        }
    }

    /// Has the host fold with what lies in its folder now. Returns when it does.
    private func goLive() throws {
        for (name, identity) in zip(names ?? [], identities) {
            // A private host shows what the build makes of all events; another one goes on from the states it has.
            let (answer, _) = try target.client().post(target.own == nil ? "reload" : "rebuild", identity.id)
            let reasons = answer.refused.filter { $0.contains("/\(name).so") }
            if !reasons.isEmpty { throw InputFailure(reasons.joined(separator: "\n  ")) }
        }
    }

    private func shown() throws -> [ShownPlugin] {
        try identities.map { try ShownPlugin($0.id, of: try target.client()) }
    }

    private func showLive(_ seconds: Double, _ compile: Double, before: [ShownPlugin]?) throws {
        let isFirst = before == nil
        let differences = try self.differences(before)
        var report = DevReport(
            event: .live, plugin: identities.map(\.summary).joined(separator: "; "), seconds: seconds,
            compileSeconds: compile, differences: differences, isFirst: isFirst)
        if let address = try? target.client().address, isFirst { report.dashboards = "\(address)/dashboards" }
        let unraised = notePluginVersions(differences).filter { named.insert($0).inserted }
        if !unraised.isEmpty {
            report.messages.append(
                "the same events give other states, and \(unraised.joined(separator: ", ")) has the version it had: raise "
                    + "it before a host that has states gets this build, or it keeps the old ones")
        }
        report.messages += try newRejections()
        self.report(report)
    }

    private func differences(_ before: [ShownPlugin]?) throws -> [ShownDifference] {
        let old = try before?.flatMap { try $0.components() } ?? []
        let new = try shown().flatMap { try $0.components() }
        let gone = old.filter { old in !new.contains { $0.title == old.title } }
        return new.map { new in ShownDifference(old.first { $0.title == new.title }, new) }
            + gone.map { ShownDifference($0, ShownComponent(nothingOf: $0)) }
    }

    /// The reducers whose states differ though their versions do not.
    private func notePluginVersions(_ differences: [ShownDifference]) -> [String] {
        guard target.own != nil else { return [] }
        let list = Program(
            name: Folder.program, arguments: ["plugin", "list", "--json", "--plugins", target.folder])
        guard let printed = try? list.capture().output, let listing = try? JSONTree(json: printed),
            case .array(let plugins)? = listing["plugins"]
        else { return [] }
        var found: [String: String] = [:]
        for plugin in plugins {
            guard case .array(let reducers)? = plugin["reducers"] else { continue }
            for case .text(let reducer) in reducers {
                let parts = reducer.split(separator: "@")
                if parts.count == 2 { found[String(parts[0])] = String(parts[1]) }
            }
        }
        defer { versions = found }
        return differences.filter { !$0.changed.isEmpty }.compactMap { difference in
            let reducer = difference.title.split(separator: " ").last.map(String.init) ?? ""
            guard difference.title.hasPrefix("states"), let version = found[reducer], versions[reducer] == version
            else {
                return nil
            }
            return reducer
        }
    }

    /// What the build refuses of the sample events, if that is not what the one before refused.
    private func newRejections() throws -> [String] {
        guard let host = target.own, !events.isEmpty else { return [] }
        let found = try SampleRejections(of: events, plugins: host.plugins, settings: host.settings)
        defer { rejections = found }
        return found == rejections ? [] : found.lines.isEmpty ? ["no event is refused any more"] : found.lines
    }

    // MARK: The private host

    /// Sends the sample events, and waits until the states are theirs.
    private func replay() throws {
        guard let host = target.own, let address = host.address, !events.isEmpty else { return }
        var report = SendingReport()
        for (index, input) in events.enumerated() {
            let replay = Replay(
                input: try ReplayInput(input, client: "sample", number: index + 1, of: events.count),
                sending: try SendingOptions.parse(["--patience", "5"]), address: address)
            try replay.run(into: &report) { _ in }
        }
        try goLive()
    }

    /// Ends the private host and takes its events away.
    private func forget() {
        target.own?.stop()
        target.own?.clear()
    }

    /// Begins with other events.
    private func beginAnew() throws {
        guard let host = target.own else { return }
        do {
            let before = try shown()
            forget()
            try host.start()
            try replay()
            report(
                .init(
                    event: .host, differences: try differences(before),
                    messages: ["the sample events have changed"] + (try newRejections())))
        } catch let error as Interruption {
            throw error
        } catch {
            report(.init(event: .refused, messages: ["\(error)"]))
        }
    }

    /// The private host has ended: starts it again with the build before.
    private func recover() throws {
        guard let host = target.own else { return }
        host.stop()
        var messages = host.complaints()
        let goesOn = putBack()
        try host.start()
        messages = host.complaints().filter { $0.contains("ended by a plugin") } + messages
        if goesOn { try goLive() }
        isLive = goesOn
        report(.init(event: .crash, messages: messages, goesOn: goesOn))
    }

    private func putBack() -> Bool {
        (names ?? []).map { good.putBack($0, to: target.folder) }.allSatisfy { $0 } && isLive
    }

    /// Says what the host says.
    private func relay() {
        for line in target.own?.complaints() ?? [] where !line.contains(" info lectern: ") { Terminal.note(line) }
    }

    private func report(_ report: DevReport) {
        if isatty(2) == 1 { Terminal.write("\r\u{1b}[K") }
        report.print(json: json)
    }

    /// The first build takes long, since it compiles the SDK.
    private static func showWaiting(for seconds: Double) {
        if isatty(2) == 1, seconds > 0.3 { Terminal.write("\r\u{1b}[Kcompiling, \(Int(seconds)) s") }
    }
}
