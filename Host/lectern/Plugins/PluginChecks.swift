import FoundationEssentials
import Glibc
import PluginHost
import Records

/// The checks of a plugin, one after the other: those of the file here, all others as probes in processes of their own.
struct PluginChecks {
    private let command: PluginCheckCommand
    private var lines: [PluginCheckReport.Line] = []

    init(command: PluginCheckCommand) { self.command = command }

    mutating func run() throws -> PluginCheckReport {
        if let identity = checkNote() {
            try checkLinkage(identity)
            if let components = try checkLoading() {
                try checkReading(components)
                try checkStates(components)
                try checkFolds(components)
            } else {
                skip("events, states, folds", why: "the plugin was not loaded")
            }
        } else {
            skip("all else", why: "without a note that fits, nothing of it is run")
        }
        return PluginCheckReport(file: command.file, checks: lines)
    }

    // MARK: The file

    private mutating func checkNote() -> PluginIdentity? {
        do throws(PluginRefusal) {
            let identity = try PluginIdentity(of: command.file)
            add("note", .ok, identity.summary)
            return identity
        } catch {
            add("note", .failed, error.reason)
            return nil
        }
    }

    private mutating func checkLinkage(_ identity: PluginIdentity) throws {
        guard let linkage = try DynamicLinkage(of: command.file) else {
            return skip("symbols", why: "the file has no section headers; do not strip them")
        }
        let entry = "lectern_plugin_entry_v1"
        let others = linkage.exported.filter { $0 != entry }
        if !linkage.exported.contains(entry) {
            add("symbols", .failed, "expected the exported symbol \(entry), found none; declare LECTERN_PLUGIN")
        } else if !others.isEmpty {
            let list = others.prefix(5).joined(separator: ", ") + (others.count > 5 ? ", …" : "")
            add(
                "symbols", .failed,
                "expected \(entry) alone, found \(others.count) more (\(list)); link with the SDK's plugin.map, or "
                    + "compile C with -fvisibility=hidden")
        } else {
            add("symbols", .ok, "\(entry) alone")
        }
        if identity.isPortable, let library = linkage.swiftRuntime.first {
            add(
                "runtime", .failed,
                "expected Swift's runtime inside the library, found that it needs \(library); build it with --portable")
        }
    }

    // MARK: The code

    /// Loads it, and tells which of the steps to that failed.
    private mutating func checkLoading() throws -> ProbeReport.Components? {
        // Few plugins have functions: those of others are not mentioned.
        var steps = ["loading", "settings", "components", "dashboards"]
        let done = ["with every symbol that it needs, and an entry of this ABI", "accepted"]
        let outcome = try outcome(of: .load)
        guard case .reported(let report) = outcome, let components = report.components else {
            // The refusal's field says how far it came.
            let field = outcome.refusedField ?? "loading"
            let isFunction = field.hasPrefix("function ") || field == "id of a function"
            if isFunction { steps.append("functions") }
            let failed =
                ["loading", "symbol", "entry", "staging", "file"].contains(field)
                ? 0
                : field == "settings"
                    ? 1
                    : field == "dashboards" ? 3 : isFunction ? 4 : 2
            for (index, step) in steps.enumerated() {
                if index < failed {
                    add(step, .ok, index < done.count ? done[index] : "")
                } else if index == failed {
                    add(step, .failed, (outcome.failure ?? "").withoutPrefix("\(step): "))
                } else {
                    skip(step, why: "\(steps[failed]) failed")
                }
            }
            return nil
        }
        for (step, detail) in zip(steps, done) { add(step, .ok, detail) }
        add("components", .ok, components.summary)
        components.dashboards.isEmpty
            ? skip("dashboards", why: "there is none")
            : add("dashboards", .ok, "\(components.dashboards.joined(separator: ", ")): they fit the tables")
        if !components.functions.isEmpty {
            add(
                "functions", .ok,
                "\(components.functions.joined(separator: ", ")): \(components.functionTests) tests passed")
        }
        return components
    }

    private mutating func checkReading(_ components: ProbeReport.Components) throws {
        for source in components.sources { try check("source \(source), odd lines", .oddLines(source)) }
        if components.reducers.isEmpty {
            skip("odd events", why: "there is no reducer")
        } else {
            try check("odd events", .oddEvents)
        }
    }

    private mutating func checkStates(_ components: ProbeReport.Components) throws {
        for reducer in components.reducers {
            try check("reducer \(reducer.id), states", .states(reducer.id))
            try check("reducer \(reducer.id), cut-off states", .cutStates(reducer.id))
            if reducer.merges { try check("reducer \(reducer.id), merge", .merge(reducer.id)) }
            if reducer.isTimed { try check("reducer \(reducer.id), ticks", .ticks(reducer.id)) }
            if reducer.migrates { try check("reducer \(reducer.id), migrations", .migrations(reducer.id)) }
        }
    }

    private mutating func checkFolds(_ components: ProbeReport.Components) throws {
        guard command.events != nil else { return skip("folds", why: "name a file of events with --events") }
        guard !components.reducers.isEmpty else { return skip("folds", why: "there is no reducer") }
        try checkFolds(
            "fold",
            [
                ("the same again", 1, 64, false), ("batches of 1", 1, 1, false), ("batches of 7", 1, 7, false),
                ("2 shards", 2, 64, false), ("2 shards, batches of 7", 2, 7, false),
                ("a restart in the middle", 1, 1, true),
            ], ticks: false)
        guard components.reducers.contains(where: \.isTimed) else { return }
        try checkFolds(
            "fold with ticks",
            [
                ("the same again", 1, 64, false), ("2 shards, batches of 7", 2, 7, false),
                ("a restart in the middle", 1, 1, true),
            ], ticks: true)
    }

    /// Folds the events, and then in each of the ways, which must all come to the same.
    ///
    /// - Parameter ticks: whether ticks come between the events.
    private mutating func checkFolds(
        _ name: String, _ ways: [(name: String, shards: Int, batch: Int, restarts: Bool)], ticks: Bool
    ) throws {
        let outcome = try outcome(of: .fold(shards: 1, batch: 64, restart: 0, ticks: ticks))
        guard case .reported(let report) = outcome, report.failure == nil, let fold = report.fold else {
            return add(name, .failed, outcome.failure ?? "")
        }
        add(name, .ok, report.detail)
        for way in ways {
            let check = "\(name), \(way.name)"
            let restart = way.restarts ? fold.events / 2 : 0
            if way.restarts, restart == 0 {
                skip(check, why: "that takes two events")
                continue
            }
            let outcome = try self.outcome(
                of: .fold(shards: way.shards, batch: way.batch, restart: restart, ticks: ticks))
            guard case .reported(let report) = outcome, report.failure == nil, let other = report.fold else {
                add(check, .failed, outcome.failure ?? "")
                continue
            }
            if let difference = other.difference(from: fold) {
                add(
                    check, .failed,
                    "\(difference); a reducer or table depends on more than its state and input: a clock, randomness, "
                        + "a global, or the order of a Set or Dictionary")
            } else {
                add(check, .ok, "the same states and tables")
            }
        }
    }

    // MARK: Probes

    private enum Outcome {
        case reported(ProbeReport)
        case died(String)

        var failure: String? {
            switch self {
            case .reported(let report): report.failure
            case .died(let how): how
            }
        }

        var refusedField: String? {
            if case .reported(let report) = self { report.refusedField } else { nil }
        }
    }

    private mutating func check(_ name: String, _ probe: PluginProbe) throws {
        let outcome = try outcome(of: probe)
        if let failure = outcome.failure {
            add(name, .failed, failure)
        } else if case .reported(let report) = outcome {
            add(name, .ok, report.detail)
        }
    }

    /// Runs this command again, for one probe.
    private func outcome(of probe: PluginProbe) throws -> Outcome {
        let program = Program(
            name: Folder.program, arguments: CommandLine.arguments.dropFirst() + ["--probe", probe.text],
            // A backtrace takes seconds.
            environment: ["SWIFT_BACKTRACE": "enable=no"])
        let captured = try program.capture()
        switch captured.end {
        case .signal(SIGALRM):
            return .died("it did not end within \(probe.seconds) seconds; nothing in a plugin may wait or block")
        case .signal(let signal):
            return .died("the process was ended by \(Program.name(of: signal))\(Self.lastWords(captured.errors))")
        case .code(let code):
            guard code == 0, let line = captured.output.split(separator: "\n").last,
                let report = try? JSONDecoder().decode(ProbeReport.self, from: Data(line.utf8))
            else {
                let said = captured.errors.split(separator: "\n").last { $0.hasPrefix("error: ") }
                return .died(
                    said.map { String($0.dropFirst("error: ".count)) }
                        ?? "the process ended with \(code)\(Self.lastWords(captured.errors))")
            }
            return .reported(report)
        }
    }

    /// What a program that died said about it.
    private static func lastWords(_ errors: String) -> String {
        let lines = errors.split(separator: "\n")
        let during = lines.last { $0.hasPrefix(PluginProbing.during) }.map { " \($0)" } ?? ""
        let others = lines.filter { !$0.hasPrefix(PluginProbing.during) }
        guard let line = others.first(where: { $0.contains("Fatal error") }) ?? others.last else { return during }
        return "\(during): \(line.prefix(300))"
    }

    private mutating func add(_ check: String, _ result: PluginCheckReport.Result, _ detail: String = "") {
        lines.append(PluginCheckReport.Line(check: check, result: result, detail: detail))
    }

    private mutating func skip(_ check: String, why: String) { add(check, .skipped, why) }
}

extension PluginRefusal {
    /// Without the file, which is known.
    var reason: String {
        "\(field): expected \(wanted), found \(found)" + (remedy.isEmpty ? "" : "; \(remedy)")
    }
}

extension String {
    fileprivate func withoutPrefix(_ prefix: String) -> String {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }
}
