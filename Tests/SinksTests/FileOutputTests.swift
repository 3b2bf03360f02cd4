import Foundation
import Records
import Sinks
import Testing

/// An output into files.
@Suite("An output into files")
struct FileOutputTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "lectern-\(UUID().uuidString)").path

    private func open(_ progress: [String: Int]?, part: Int = 1 << 20) throws -> (output: FileOutput, said: [String]) {
        var configuration = FileOutputConfiguration(directory: folder)
        configuration.partBytes = part
        let output = FileOutput(configuration)
        var said: [String] = []
        try output.open(progress) { said.append($0) }
        return (output, said)
    }

    private func batch(_ lines: [String]) throws -> EventBatch {
        let records = RecordBatch()
        try records.append(NewRecord())
        let batch = EventBatch()
        for record in RecordSequence(records.bytes) {
            for line in lines { batch.append(record, id: record.type) { $0.append(line) } }
        }
        return batch
    }

    private func files() throws -> [String: String] {
        var files: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            files[name] = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
        }
        return files
    }

    @Test("cuts off what was not confirmed, and removes files that were begun since")
    func crash() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (first, _) = try open(nil, part: 8)
        try first.publish(batch(["one", "two"])) { false }
        let confirmed = first.progress
        // Nobody was told of these.
        try first.publish(batch(["three", "four"])) { false }
        first.close()
        #expect(try files().count == 3)
        let (second, said) = try open(confirmed, part: 8)
        #expect(said == [])
        #expect(try files() == ["events-00000001.jsonl": "one\ntwo\n"])
        try second.publish(batch(["three", "four"])) { false }
        #expect(
            try files() == [
                "events-00000001.jsonl": "one\ntwo\n", "events-00000002.jsonl": "three\n",
                "events-00000003.jsonl": "four\n",
            ])
    }

    @Test("the same batch again, after an attempt that failed, is there once")
    func again() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (output, _) = try open(nil, part: 8)
        try output.publish(batch(["one"])) { false }
        // What cannot be a file's place is a folder.
        let second = "\(folder)/events-00000002.jsonl"
        try FileManager.default.createDirectory(atPath: second, withIntermediateDirectories: false)
        let batch = try batch(["two", "three"])
        let error = #expect(throws: OutputError.self) { try output.publish(batch) { false } }
        #expect(error?.description.contains("events-00000002.jsonl: open failed: Is a directory") == true)
        try FileManager.default.removeItem(atPath: second)
        try output.publish(batch) { false }
        #expect(try files() == ["events-00000001.jsonl": "one\ntwo\n", "events-00000002.jsonl": "three\n"])
    }

    @Test("a file that is shorter than it was, or gone, is said, and left for the next one")
    func damaged() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (first, _) = try open(nil)
        try first.publish(batch(["one", "two"])) { false }
        let confirmed = first.progress
        try "one\n".write(toFile: "\(folder)/events-00000001.jsonl", atomically: false, encoding: .utf8)
        let (second, said) = try open(confirmed)
        #expect(said.count == 1)
        #expect(said.first?.contains("has 4 bytes, 8 expected") == true)
        try second.publish(batch(["three"])) { false }
        #expect(try files() == ["events-00000001.jsonl": "one\n", "events-00000002.jsonl": "three\n"])
        let progress = second.progress
        try FileManager.default.removeItem(atPath: "\(folder)/events-00000002.jsonl")
        let (third, words) = try open(progress)
        #expect(words.first?.contains("events-00000002.jsonl: is gone") == true)
        try third.publish(batch(["four"])) { false }
        #expect(try files() == ["events-00000001.jsonl": "one\n", "events-00000003.jsonl": "four\n"])
    }

    @Test("files of somebody before are not touched")
    func others() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (first, _) = try open(nil)
        try first.publish(batch(["one"])) { false }
        let (second, _) = try open(nil)
        try second.publish(batch(["two"])) { false }
        #expect(try files() == ["events-00000001.jsonl": "one\n", "events-00000002.jsonl": "two\n"])
    }

    @Test("lines are taken out of files, and the rest stays as it is")
    func rewriting() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (output, _) = try open(nil, part: 10)
        try output.publish(batch(["a1", "b1", "a2", "b2", "c1"])) { false }
        let published = PublishedFolder(folder)
        var finally: [String] = []
        try published.rewrite { line, isFinal in
            let text = String(decoding: line, as: UTF8.self)
            if isFinal { finally.append(text) }
            return text.hasPrefix("b") ? .remove : text == "c1" ? .replace(Array("C1".utf8)) : .keep
        }
        #expect(finally == ["a1", "b1", "a2", "b2", "c1"])
        #expect(try files() == ["events-00000001.jsonl": "a1\na2\n", "events-00000002.jsonl": "C1\n"])
    }
}
