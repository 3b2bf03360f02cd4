import Foundation

/// A built plugin, run as its users run it: by `lectern fold`.
///
///     let plugin = try PluginUnderTest("quiz-analytics")
///     let folded = try plugin.foldEveryWay(.lines([#"{"event_type": "login", "user_id": "bea"}"#]))
///     #expect(try folded.rows(of: "learners").count == 1)
public struct PluginUnderTest {
    private let libraries: [URL]
    private let settings: [String: String]

    /// - Parameters:
    ///   - product: the library that the package of the running test builds: `quiz-analytics` for libquiz-analytics.so.
    ///   - others: plugins to fold beside it, a source for instance, from the folder LECTERN_PLUGINS, or
    ///     the plugins of LECTERN_DIST.
    ///   - settings: the host's, for instance `plugins.quiz-analytics.settings.passMark`.
    public init(_ product: String, with others: [String] = [], settings: [String: String] = [:]) throws {
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let own = program.deletingLastPathComponent().appending(path: "lib\(product).so")
        guard FileManager.default.fileExists(atPath: own.path) else {
            throw PluginTestError("there is no \(own.path): does Package.swift have a dynamic library \"\(product)\"?")
        }
        let folder = Lectern.plugins ?? "."
        libraries = [own] + others.map { URL(filePath: "\(folder)/\($0).so") }
        self.settings = settings
    }

    /// How to fold. None of it may change the result.
    public struct Way: Sendable, CustomStringConvertible {
        public var shards = 1
        public var batch = 64
        /// After how many events all states are thrown away, restored from the last checkpoint, and the rest folded
        /// again.
        public var restarts: [Int] = []

        public init(shards: Int = 1, batch: Int = 64, restarts: [Int] = []) {
            self.shards = shards
            self.batch = batch
            self.restarts = restarts
        }

        public var description: String { "\(shards) shards, batches of \(batch), restarts at \(restarts)" }

        /// One to eight shards, batches of 1 to 512, with and without restarts.
        public static let all = [
            Way(), Way(shards: 2, batch: 7), Way(shards: 8, batch: 512), Way(batch: 1), Way(restarts: [1]),
            Way(shards: 2, batch: 16, restarts: [3, 10, 50]),
        ]
    }

    /// Folds the inputs, one after the other.
    public func fold(_ inputs: FoldInput..., way: Way = Way()) throws -> Folded { try fold(inputs, way) }

    /// Folds the inputs in every way, and throws if the results are not all the same.
    public func foldEveryWay(_ inputs: FoldInput..., ways: [Way] = Way.all) throws -> Folded {
        var first: Folded?
        for way in ways {
            let folded = try fold(inputs, way)
            if let first, let difference = folded.difference(from: first) {
                throw PluginTestError("\(difference): \(ways[0]) against \(way)")
            }
            first = first ?? folded
        }
        return try first ?? fold(inputs, Way())
    }

    private func fold(_ inputs: [FoldInput], _ way: Way) throws -> Folded {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lectern-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let plugins = folder.appending(path: "plugins")
        try FileManager.default.createDirectory(at: plugins, withIntermediateDirectories: true)
        for library in libraries {
            try FileManager.default.copyItem(at: library, to: plugins.appending(path: library.lastPathComponent))
        }
        var arguments = ["fold"] + (try inputs.enumerated().map { try $1.argument(in: folder, number: $0) })
        arguments += ["--plugins", plugins.path, "--out", folder.appending(path: "out").path, "--json"]
        arguments += ["--shards", "\(way.shards)", "--batch", "\(way.batch)"]
        for (key, value) in settings.sorted(by: { $0.key < $1.key }) { arguments += ["--set", "\(key)=\(value)"] }
        if !way.restarts.isEmpty { arguments += ["--checkpoints", "--restart-at"] + way.restarts.map { "\($0)" } }
        let summary = try Lectern.run(arguments, in: folder)
        return try Folded(summary: summary, folder: folder.appending(path: "out"))
    }
}

/// What is folded: events, or a tick.
public struct FoldInput: Sendable {
    private enum Content: Sendable { case file(String), lines([String]), tick(String) }
    private let content: Content
    private let source: String?

    /// A file of JSON lines, or of a source plugin's.
    public static func file(_ path: String, source: String? = nil) -> FoldInput {
        FoldInput(content: .file(path), source: source)
    }

    public static func lines(_ lines: [String], source: String? = nil) -> FoldInput {
        FoldInput(content: .lines(lines), source: source)
    }

    /// Time has come: each state of a `TimedReducer` that wants a tick by then gets one, behind the inputs before.
    ///
    ///     .lines(morning), .tick(at: "2026-01-31T12:00:00Z"), .lines(afternoon)
    ///
    /// - Parameter time: as in events, `2026-01-31T12:00:00Z`.
    public static func tick(at time: String) -> FoldInput { FoldInput(content: .tick(time), source: nil) }

    fileprivate func argument(in folder: URL, number: Int) throws -> String {
        let path: String
        switch content {
        case .tick(let time): return "lectern-tick=\(time)"
        case .file(let file): path = file
        case .lines(let lines):
            path = folder.appending(path: "input-\(number)").path
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
        }
        return source.map { "\($0)=\(path)" } ?? path
    }
}
