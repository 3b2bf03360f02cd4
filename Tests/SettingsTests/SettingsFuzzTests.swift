import Settings
import Testing

/// Settings that nobody meant: they are read, or refused with a place, and never more.
@Suite struct SettingsFuzzTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
            return z ^ z >> 31
        }
    }

    private static let model = """
        kvs:
          default: {type: filesystem, path: .lo_kvs, subdirs: true}
          cache: [[type, stub], [expiry, 30]]
        log:
          segment: 64MiB
          delay: 500ms
        ingest:
          rules: [a.pmss, "b c.pmss"]
          secret: {env: NAME}
        """
    private static let pieces = [
        ":", "- ", "{", "}", "[", "]", "&a ", "*a", "!!binary ", "|\n", ">\n", "\"", "'", "#", "\t", "\n", "---\n",
        "...\n",
        "<<: *a", "? ", "1e999", "0x1F", "~", "null", "999999999999999999999", "\u{0}", "é", "%YAML 1.1\n",
    ]

    @Test(arguments: 0..<200)
    func areReadOrRefused(seed: Int) {
        var generator = Generator(state: UInt64(seed))
        for _ in 0..<25 {
            var text = Array(Self.model)
            for _ in 0..<Int.random(in: 1..<6, using: &generator) {
                let at = Int.random(in: 0..<text.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: text.insert(contentsOf: Self.pieces.randomElement(using: &generator)!, at: at)
                case 1: text.removeSubrange(at..<min(text.count, at + Int.random(in: 1..<8, using: &generator)))
                default: text.insert(contentsOf: text[..<at].suffix(15), at: at)
                }
            }
            do {
                let settings = try Settings(yaml: String(text), file: "lectern.yaml")
                try settings.validate { root in
                    for section in root.sections("kvs") { _ = section.reader.string("path", default: "") }
                    let log = root.section("log")
                    _ = log.size("segment", default: 1)
                    _ = log.duration("delay", default: .zero)
                    let ingest = root.section("ingest")
                    _ = ingest.strings("rules", default: [])
                    _ = ingest.secret("secret")
                }
            } catch {
                #expect("\(error)".contains("lectern.yaml"), "\(error)")
                #expect(error is SettingsError, "\(error)")
            }
        }
    }
}
