import Foundation
import Settings
import Testing

@Suite struct SecretTests {
    @Test func comesFromTheEnvironmentOrAFileBesideTheSettings() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lectern-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("from-file\n".utf8).write(to: folder.appendingPathComponent("token"))
        let file = folder.appendingPathComponent("lectern.yaml")
        try Data("a: {env: A_TOKEN}\nb: {file: token}\n".utf8).write(to: file)
        let settings = try Settings.load(file: file.path, environment: ["A_TOKEN": "from-environment"])
        try settings.validate { root in
            #expect(root.secret("a")?.value == "from-environment")
            #expect(root.secret("b")?.value == "from-file")
            #expect(root.secret("absent") == nil)
        }
    }

    @Test(arguments: ["hunter2", "[hunter2]", "{env: NOT_SET}", "{file: /nowhere}", "{vault: x}", "{env: EMPTY}"])
    func anythingElseIsAMistake(yaml: String) throws {
        var settings = try Settings(yaml: "token: \(yaml)", file: "f.yaml")
        try settings.set(environment: ["EMPTY": ""])
        let error = #expect(throws: SettingsError.self) { try settings.validate { _ = $0.secret("token") } }
        #expect(error?.problems.count == 1)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test func isNeverPrinted() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(["x": secret], to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(describing: [secret]), dumped] {
            #expect(!text.contains("hunter2"))
        }
    }
}
