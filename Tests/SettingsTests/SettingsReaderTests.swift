import Settings
import Testing

private enum Kind: String, CaseIterable { case stub, filesystem, sqlite }

@Suite struct SettingsReaderTests {
    private let yaml = """
        kvs:
          default:
            type: filesystem
            path: .lo_kvs
            subdirs: true
          cache:
            type: stub
            expiry: 30
        log:
          segment: 64MiB
          delay: 500ms
        """

    @Test func readsTypedValuesAndDefaults() throws {
        let settings = try Settings(yaml: yaml, file: "lectern.yaml")
        try settings.validate { root in
            let log = root.section("log")
            #expect(log.size("segment", default: 1) == 64 << 20)
            #expect(log.duration("delay", default: .seconds(1)) == .milliseconds(500))
            #expect(log.duration("idle", default: .seconds(1)) == .seconds(1))
            #expect(log.integer("partitions", default: 16, in: 1...1024) == 16)
            let stores = root.sections("kvs")
            #expect(stores.map(\.name) == ["default", "cache"])
            #expect(stores[0].reader.choice("type", of: Kind.self) == .filesystem)
            #expect(stores[0].reader.string("path") == ".lo_kvs")
            #expect(stores[0].reader.boolean("subdirs", default: false))
            #expect(stores[1].reader.choice("type", default: Kind.sqlite) == .stub)
            #expect(stores[1].reader.integer("expiry", in: 1...) == 30)
            #expect(stores[1].reader.string("path", default: nil) == nil)
        }
    }

    @Test func oneErrorListsEveryMistakeWithItsPlace() throws {
        let yaml = """
            kvs:
              default:
                type: sqlit
                expiri: 30
              cache:
                type: stub
                expiry: 0
            log:
              segment: huge
              delay: 5
              sync: yes
            listen: [a, b]
            """
        let error = #expect(throws: SettingsError.self) {
            try Settings(yaml: yaml, file: "lectern.yaml").validate { root in
                for (_, store) in root.sections("kvs") {
                    _ = store.choice("type", of: Kind.self)
                    _ = store.integer("expiry", default: 30, in: 1...3600)
                }
                let log = root.section("log")
                _ = log.size("segment", default: 1 << 20, in: 1 << 20...1 << 30)
                _ = log.duration("delay", default: .zero)
                _ = log.boolean("sync", default: true)
                _ = log.string("path")
                _ = root.string("listen", default: "127.0.0.1:3001")
            }
        }
        #expect(
            error?.description == """
                8 mistakes in the settings:
                  lectern.yaml:3, kvs.default.type: found "sqlit", expected one of stub, filesystem, sqlite. \
                Did you mean `sqlite`?
                  lectern.yaml:4, kvs.default.expiri: found an unknown key, expected one of expiry, type. \
                Did you mean `expiry`?
                  lectern.yaml:7, kvs.cache.expiry: found "0", expected a whole number from 1 to 3600
                  lectern.yaml:8, log.path: found nothing, expected a text. Set `log.path`.
                  lectern.yaml:9, log.segment: found "huge", expected a size such as 512, 64KiB or 1GB, from 1MiB to 1GiB
                  lectern.yaml:10, log.delay: found "5", expected a duration such as 500ms, 5s or 2h
                  lectern.yaml:11, log.sync: found "yes", expected true or false
                  lectern.yaml:12, listen: found a list of 2, expected a text
                """)
    }

    @Test func aSectionThatIsNoneIsOneMistake() throws {
        let error = #expect(throws: SettingsError.self) {
            try Settings(yaml: "kvs: 5", file: "f.yaml").validate { $0.section("kvs").string("type") }
        }
        #expect(
            error?.problems.map(\.description) == [
                "f.yaml:1, kvs: found \"5\", expected a mapping, or a list of [name, value] pairs"
            ])
    }

    @Test func sectionsMayBePairs() throws {
        let yaml = """
            kvs:
              - [default, {type: stub}]
              - - cache
                - type: sqlite
            """
        try Settings(yaml: yaml, file: "f.yaml").validate { root in
            let stores = root.sections("kvs")
            #expect(stores.map(\.name) == ["default", "cache"])
            #expect(stores.map { $0.reader.choice("type", of: Kind.self) } == [.stub, .sqlite])
        }
        let twice = #expect(throws: SettingsError.self) {
            try Settings(yaml: "kvs: [[a, {}], [a, {}]]", file: "f.yaml").validate { _ = $0.sections("kvs") }
        }
        #expect(twice?.problems.first?.found == "the key \"a\" twice")
    }

    @Test func anUnreadSectionIsAnUnknownKey() throws {
        let error = #expect(throws: SettingsError.self) {
            try Settings(yaml: "a: 1\nloog: {x: 1}", file: "f.yaml").validate { root in
                _ = root.integer("a")
                _ = root.section("log")
            }
        }
        #expect(
            error?.problems.map(\.description) == [
                "f.yaml:2, loog: found an unknown key, expected one of a, log. Did you mean `log`?"
            ])
    }

    @Test func emptyValuesCountAsAbsent() throws {
        try Settings(yaml: "a:\nb: ~\nc: null\nd: {}", file: "f.yaml").validate { root in
            #expect(root.string("a", default: "x") == "x")
            #expect(!root.has("b"))
            #expect(root.sections("c").isEmpty)
            #expect(root.section("d").keys.isEmpty)
        }
    }

    @Test func wholeNumbersKnowTheirLimits() throws {
        func expected(_ read: (SettingsReader) -> Int) -> String? {
            let settings = try? Settings(yaml: "n: x", file: "f")
            do { _ = try settings?.validate(read) } catch { return (error as? SettingsError)?.problems[0].expected }
            return nil
        }
        #expect(expected { $0.integer("n") } == "a whole number")
        #expect(expected { $0.integer("n", in: 1...) } == "a whole number of at least 1")
        #expect(expected { $0.integer("n", in: 0...Int.max) } == "a whole number of at least 0")
        #expect(expected { $0.integer("n", in: ...5) } == "a whole number of at most 5")
        #expect(expected { $0.integer("n", in: 1..<5) } == "a whole number from 1 to 4")
    }

    @Test func freeSubtreesBecomeJSON() throws {
        let yaml = """
            settings:
              from: 2015-04-06
              days: 14
              rate: -1.5e3
              id: "007"
              seven: 007
              on: true
              nothing: ~
              names: [a, "b\\"\\n\\u0001é", {x: 1}]
            """
        try Settings(yaml: yaml, file: "f.yaml").validate { root in
            #expect(
                root.json("settings") == """
                    {"from":"2015-04-06","days":14,"rate":-1.5e3,"id":"007","seven":"007","on":true,"nothing":null,\
                    "names":["a","b\\"\\n\\u0001é",{"x":1}]}
                    """)
            #expect(root.json("absent") == "{}")
        }
    }

    @Test(arguments: ["a: [", "a: 1\na: 2", "- a", "a: 1\n---\nb: 2", "text", "[a]: 1", "a: *nothing", "a: \u{7}"])
    func whatIsNoMappingIsRefusedWithItsPlace(yaml: String) {
        let error = #expect(throws: SettingsError.self) { try Settings(yaml: yaml, file: "f.yaml") }
        #expect(error?.problems.count == 1)
        #expect(error?.description.contains("f.yaml") == true)
    }

    @Test func anEmptyFileSetsNothing() throws {
        for yaml in ["", "# only a comment\n", "---\n"] {
            #expect(try Settings(yaml: yaml, file: "f.yaml").validate { $0.integer("a", default: 3) } == 3)
        }
    }

    @Test func anErrorOfTheBodyIsThrownIfThereIsNoMistake() {
        struct Own: Error {}
        #expect(throws: Own.self) { try Settings().validate { _ in throw Own() } }
        #expect(throws: SettingsError.self) {
            try Settings().validate { root in
                _ = root.string("path")
                throw Own()
            }
        }
    }
}
