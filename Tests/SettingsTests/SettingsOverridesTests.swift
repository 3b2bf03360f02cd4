import Settings
import Testing

@Suite struct SettingsOverridesTests {
    @Test func assignmentsOverrideTheFile() throws {
        var settings = try Settings(yaml: "kvs:\n  default: {type: stub, path: a}\n", file: "f.yaml")
        try settings.set("kvs.default.path=/data=1, b: c")
        try settings.set("log.origins=[a, \"b\"]")
        try settings.set("kvs.default.type=")
        try settings.validate { root in
            let store = root.section("kvs").section("default")
            #expect(store.string("path") == "/data=1, b: c")
            #expect(store.string("type", default: "none") == "none")
            #expect(root.section("log").strings("origins") == ["a", "b"])
        }
    }

    @Test func assignmentsReachIntoLists() throws {
        var settings = try Settings(yaml: "kvs: [[default, {type: stub}]]\nnames: [a, b]", file: "f.yaml")
        try settings.set("kvs.default.type=sqlite")
        try settings.set("names.1=c")
        #expect(throws: SettingsError.self) { try settings.set("names.2=d") }
        #expect(throws: SettingsError.self) { try settings.set("kvs.other.type=stub") }
        try settings.validate { root in
            #expect(root.sections("kvs").first?.reader.string("type") == "sqlite")
            #expect(root.strings("names") == ["a", "c"])
        }
    }

    @Test func theEnvironmentStandsBetweenFileAndAssignments() throws {
        let environment = [
            "LECTERN_LOG__DELAY": "2s", "LECTERN_LOG__MAX_SIZE": "5", "LECTERN_PLUGINS__QUIZ_ANALYTICS__PATH": "x",
            "LECTERN_PORT": "tcp://10.0.0.1:80", "HOME": "/root",
        ]
        var settings = try Settings(yaml: "log: {delay: 1s}\nplugins: {quiz-analytics: {path: y}}", file: "f.yaml")
        try settings.set(environment: environment)
        try settings.set("log.max_size=6")
        try settings.validate { root in
            let log = root.section("log")
            #expect(log.duration("delay", default: .zero) == .seconds(2))
            #expect(log.integer("max_size") == 6)
            #expect(root.section("plugins").section("quiz-analytics").string("path") == "x")
        }
    }

    @Test func variablesThatLackAnUnderscoreAreFound() throws {
        var settings = Settings()
        try settings.set(environment: [
            "LECTERN_WEB_LISTEN": "a", "LECTERN_LOG__DELAY": "1s", "LECTERN_WEB": "b",
            "LECTERN_POSTGRESQL_PASSWORD": "c",
            "LECTERN_KVS_": "d", "WEB_LISTEN": "e",
        ])
        let stray = settings.strayVariables(sections: ["web", "log", "kvs"])
        #expect(stray.map(\.name) == ["LECTERN_WEB_LISTEN"])
        #expect(stray.map(\.meant) == ["LECTERN_WEB__LISTEN"])
    }

    @Test func mistakesNameTheOverrideButNotASecret() throws {
        var settings = Settings()
        try settings.set("log.delay=hunter2")
        try settings.set("web.token=hunter3")
        let error = #expect(throws: SettingsError.self) {
            try settings.validate { root in
                _ = root.section("log").duration("delay", default: .zero)
                _ = root.section("web").secret("token")
            }
        }
        #expect(error?.problems.first?.place == "--set log.delay, log.delay")
        #expect(error?.description.contains("hunter3") == false)
    }

    @Test(arguments: ["a", "=b", ""]) func whatIsNoAssignmentIsRefused(text: String) {
        var settings = Settings()
        #expect(throws: SettingsError.self) { try settings.set(text) }
    }

    @Test func aPathThroughAValueIsRefused() throws {
        var settings = try Settings(yaml: "a: 1", file: "f.yaml")
        let error = #expect(throws: SettingsError.self) { try settings.set("a.b=2") }
        #expect(
            error?.problems[0].description
                == "--set a.b: found \"1\", set by f.yaml:1, before `b`, expected a section there")
    }
}
