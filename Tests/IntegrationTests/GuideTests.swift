import Foundation
import Testing

extension IntegrationTests {
    @Suite("The authors' guide", .enabled(if: Installation.isDistExpected, "needs dist/: scripts/build, LECTERN_DIST"))
    struct GuideTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func run(_ guide: String) throws -> (exit: ChildProcess.Exit, printed: String) {
            let process = try ChildProcess(
                "bash", ["\(Installation.repository)/scripts/guide", guide, Installation.dist])
            return (try process.wait(seconds: 900), process.printed + process.complained)
        }

        @Test("its commands, files and outputs hold, in an empty home without the repository")
        func firstPlugin() throws {
            let guide = try run("\(Installation.repository)/PluginAPI/PluginAPI/PluginAPI.docc/FirstPlugin.md")
            #expect(guide.exit == .code(0), "\(guide.printed)")
        }

        @Test(
            "a guide that promises what is not so fails, with the line",
            arguments: [
                ("```sh\necho one\n```\n\n```text\ntwo\n```\n", "FAILED at line 5 of the guide: expected “two”"),
                ("```sh\nfalse\n```\n", "FAILED at line 1 of the guide: a command ended with 1"),
                ("```swift\nlet a = 1\n```\n", "line 1: expected a block of sh or text"),
                ("Text.\n\n    lectern serve\n", "line 3: a block that is only indented is not run"),
            ])
        func wrong(guide: String, complaint: String) throws {
            let found = try run(try folder.write("guide.md", guide.utf8))
            #expect(found.exit == .code(1))
            #expect(found.printed.contains(complaint), "\(found.printed)")
        }
    }
}
