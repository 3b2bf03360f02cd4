import Foundation
import PluginHost
import Testing

@Suite struct `A folder of plugins` {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("lectern-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func load() -> PluginCatalog {
        PluginCatalog.load(
            from: folder.path, generations: folder.appendingPathComponent("generations").path,
            PluginsConfiguration().inProcess,
            report: { _ in })
    }

    @Test func `that is empty holds no plugins and refuses none`() {
        let catalog = load()
        #expect(catalog.plugins.isEmpty && catalog.refusals.isEmpty)
    }

    @Test func `that does not exist is as one that is empty`() {
        let catalog = PluginCatalog.load(
            from: "/nowhere", generations: "/nowhere", PluginsConfiguration().inProcess, report: { _ in })
        #expect(catalog.plugins.isEmpty && catalog.refusals.isEmpty)
    }

    @Test func `refuses a text by the name of its file and what it found`() throws {
        try Data("#!/bin/sh\necho no plugin at all, but longer than an ELF header would have to be\n".utf8)
            .write(to: folder.appendingPathComponent("text.so"))
        let refusal = try #require(load().refusals.first)
        #expect(
            refusal.file.hasSuffix("text.so") && refusal.field == "file" && refusal.wanted == "an ELF shared library")
    }

    @Test func `refuses a library without a note`() throws {
        let library = ["/usr/lib/x86_64-linux-gnu/libz.so.1", "/usr/lib/aarch64-linux-gnu/libz.so.1"]
            .first { FileManager.default.fileExists(atPath: $0) }
        try Data(contentsOf: URL(fileURLWithPath: #require(library)))
            .write(to: folder.appendingPathComponent("library.so"))
        let refusal = try #require(load().refusals.first)
        #expect(refusal.field == "note" && refusal.found == "none")
    }

    @Test func `refuses a library that was cut off`() throws {
        let library = ["/usr/lib/x86_64-linux-gnu/libz.so.1", "/usr/lib/aarch64-linux-gnu/libz.so.1"]
            .first { FileManager.default.fileExists(atPath: $0) }
        let whole = try Data(contentsOf: URL(fileURLWithPath: #require(library)))
        try whole.prefix(100).write(to: folder.appendingPathComponent("cut.so"))
        #expect(try #require(load().refusals.first).field == "file")
    }

    @Test(arguments: ["a", "quiz-analytics", "a1", String(repeating: "x", count: 64)])
    func `takes ids of lower-case letters, digits and hyphens`(id: String) {
        #expect(ComponentID.isValid(id))
    }

    @Test(arguments: ["", "1a", "-a", "A", "a_b", "a.b", "ä", String(repeating: "x", count: 65)])
    func `takes no other ids`(id: String) {
        #expect(!ComponentID.isValid(id))
    }
}
