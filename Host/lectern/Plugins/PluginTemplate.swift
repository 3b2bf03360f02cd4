/// The package that `lectern plugin new` writes.
struct PluginTemplate {
    /// The plugin's id.
    let name: String
    /// Where the package PluginAPI lies.
    let sdk: String

    /// The Swift module and the plugin's type: never the name of something in the SDK or in Swift.
    private var module: String {
        let words = name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        return words.hasSuffix("Plugin") && words != "Plugin" ? words : words + "Plugin"
    }

    private var function: String { name.split(separator: "-").joined(separator: "_") + "_create" }

    /// The file to begin with.
    var source: String { "\(module)/\(module).swift" }

    var files: [(path: String, text: String)] {
        [
            ("Package.swift", manifest), (source, plugin), ("Entry/entry.c", entry),
            ("Tests/\(module)Tests/\(module)Tests.swift", tests), ("events.jsonl", events), ("README.md", readme),
            (".gitignore", ".build/\nbuild/\nPackage.resolved\n"),
        ]
    }

    private var manifest: String {
        """
        // swift-tools-version: 6.2
        import PackageDescription

        // `lectern plugin build` and `lectern plugin test` name the SDK of their own installation.
        let sdk = Context.environment["LECTERN_SDK"] ?? "\(sdk)"

        let package = Package(
            name: "\(name)",
            products: [.library(name: "\(name)", type: .dynamic, targets: ["\(module)", "Entry"])],
            dependencies: [.package(name: "PluginAPI", path: sdk)],
            targets: [
                .target(name: "\(module)", dependencies: ["PluginAPI"], path: "\(module)"),
                .target(
                    name: "Entry", dependencies: [.product(name: "CPluginAPI", package: "PluginAPI")], path: "Entry",
                    publicHeadersPath: "."),
                .testTarget(
                    name: "\(module)Tests",
                    dependencies: ["\(module)", .product(name: "PluginTesting", package: "PluginAPI")],
                    path: "Tests/\(module)Tests"),
            ],
            swiftLanguageModes: [.v6]
        )

        """
    }

    private var plugin: String {
        """
        import PluginAPI

        /// What is needed of a finished quiz. An event that can't be read goes to the dead letters, with the reason.
        struct QuizCompleted: EventInput {
            let score: Double
            let time: Timestamp

            init(_ event: Event) throws {
                score = try event.number("score", in: 0...100)
                time = event.time
            }
        }

        /// What a student's quizzes of a module come to.
        struct Quizzes: Reducer {
            static let id = "quizzes"
            /// Raise it when the state's form or meaning changes.
            static let version = 1
            static let events: EventFilter = .types("module_quiz_completed")
            static let key: Key = [.actor, .field("module")]

            typealias Input = QuizCompleted

            struct State: ReducerState {
                var attempts = 0
                var scores = Mean()
                var last: Timestamp?
            }

            static func reduce(_ state: inout State, _ quiz: QuizCompleted) {
                state.attempts += 1
                state.scores.add(quiz.score)
                state.last.raise(to: quiz.time)
            }
        }

        /// A row for each student and module.
        struct QuizTable: Table {
            typealias From = Quizzes
            let id = "quizzes"
            let title = "Quizzes by student and module"
            let columns: [Column] = [
                .text("student", "Student", key: true), .text("module", "Module", key: true),
                .integer("attempts", "Attempts"), .number("average_score", "Average score"),
                .time("last", "Last attempt"),
            ]

            func rows(_ key: KeyView, _ state: Quizzes.State, into rows: Rows) {
                rows.add(key[0], key[1], .integer(state.attempts), .number(state.scores.mean), .time(state.last))
            }
        }

        struct \(module): Plugin {
            init(settings: NoSettings) {}

            var components: Components {
                Quizzes.self
                QuizTable()
                Dashboard(
                    "class", title: "\(title)", description: "How the class does in its quizzes.",
                    empty: "No quiz yet. Send some: lectern simulate --to http://127.0.0.1:3001"
                ) {
                    Panel.number("Students", table: "quizzes", .distinct("student"))
                    Panel.number("Attempts", table: "quizzes", .sum("attempts"))
                    Panel.bar("Average score by module", table: "quizzes", x: "module", .mean("average_score"))
                    Panel.table("Quizzes", table: "quizzes", sort: .descending("last"), limit: 50)
                }
            }
        }

        @c(\(function))
        public func create(_ host: HostPointer, _ settings: SettingsText, _ plugin: PluginPointer) -> PluginStatus {
            \(module).create(host, settings, plugin)
        }

        """
    }

    private var title: String {
        let words = name.split(separator: "-").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    private var entry: String {
        """
        // Who the plugin is: the host reads it before it runs any of the plugin's code.
        #include <lectern/note.h>
        LECTERN_PLUGIN("\(name)", "0.1.0", swift, "lectern.reducers/1", \(function))

        """
    }

    private var tests: String {
        ##"""
        import PluginTesting
        import Testing

        @Suite("\##(title)", .enabled(if: Lectern.isExpected, "SKIPPED: no lectern; run `lectern plugin test`"))
        struct \##(module)Tests {
            struct Row: Decodable, Equatable {
                var student: String
                var module: String
                var attempts: Int
                var average_score: Double?
                var last: String
            }

            private func quiz(score: Int, at time: String) -> String {
                #"{"event_type":"module_quiz_completed","user_id":"ada","module":"arrays","#
                    + "\"score\":\(score),\"timestamp\":\"2026-01-26T\(time)Z\"}"
            }

            @Test("two quizzes of a student become one row, however they are folded")
            func twoQuizzes() throws {
                let events = [quiz(score: 80, at: "10:00:00"), quiz(score: 95, at: "10:20:00")]
                let folded = try PluginUnderTest("\##(name)").foldEveryWay(.lines(events))
                #expect(folded.deadLetters.isEmpty)
                #expect(
                    try folded.rows(of: "quizzes") == [
                        Row(
                            student: "ada", module: "arrays", attempts: 2, average_score: 87.5,
                            last: "2026-01-26T10:20:00Z")
                    ])
            }
        }

        """##
    }

    /// Events to try the plugin with: a few students and quizzes, and one that it refuses.
    private var events: String {
        let quizzes = [
            ("ada", "arrays", "80", "10:00:00"), ("ada", "arrays", "95", "10:20:00"),
            ("ben", "arrays", "40", "10:21:30"),
            ("ben", "loops", "75.5", "10:40:00"), ("cleo", "loops", "100", "11:05:12"),
            ("ada", "loops", "60", "11:30:00"),
            ("cleo", "arrays", "\"lots\"", "11:31:00"),
        ]
        return quizzes.map { student, module, score, time in
            "{\"event_type\":\"module_quiz_completed\",\"user_id\":\"\(student)\",\"module\":\"\(module)\","
                + "\"score\":\(score),\"timestamp\":\"2026-01-26T\(time)Z\"}\n"
        }.joined()
    }

    private var readme: String {
        """
        # \(name)

        A plugin for Lectern. All of it is in `\(source)`; who it is stands in `Entry/entry.c`.

            lectern dev                             builds at each edit, and shows what events.jsonl comes to
            lectern plugin test                     folds the events of the test in many ways
            lectern plugin build                    makes build/\(name).so
            lectern plugin check build/\(name).so   tries every rule that a host relies on

        Then copy `build/\(name).so` into the plugin folder of a host. The SDK's guide is
        `PluginAPI/PluginAPI.docc/FirstPlugin.md`, in `\(sdk)`.

        """
    }
}
