import CPluginAPI
import EventLog
import Records
package import Sinks

/// The files of an output, as something that holds what students have sent.
package struct PublishedFilesHolder: RecordHolder {
    package let name: String
    private let folder: PublishedFolder
    private let actorFields: [String]
    private let prepare: @Sendable () throws -> Void

    /// - Parameters:
    ///   - name: the output's.
    ///   - actorFields: the fields in which events may name their actor.
    ///   - prepare: cuts off what the output has not confirmed, and has it go on with a new file.
    package init(
        _ name: String, _ folder: PublishedFolder, actorFields: [String], prepare: @escaping @Sendable () throws -> Void
    ) {
        self.name = "output \(name)"
        self.folder = folder
        self.actorFields = actorFields
        self.prepare = prepare
    }

    /// Removes the student's lines; in those of others, pseudonyms take the places of names.
    package func erase(_ students: ErasedStudents) throws -> [Int: Int] {
        try prepare()
        var lines: [Int: Int] = [:]
        let reader = PublishedLine()
        try folder.rewrite { line, isFinal in
            if let student = owner(of: line, reader, students) {
                if isFinal { lines[student, default: 0] += 1 }
                return .remove
            }
            var copy = Array(line)
            let named = copy.withUnsafeMutableBytes { students.replaceNames($0, isJSON: true) }
            if isFinal { for student in named { lines[student, default: 0] += 1 } }
            return named.isEmpty ? .keep : .replace(copy)
        }
        return lines
    }

    private func owner(of line: UnsafeRawBufferPointer, _ reader: PublishedLine, _ students: ErasedStudents) -> Int? {
        guard let line = reader.read(line) else { return nil }
        if let actor = line.actor, let student = students.index(ofActor: actor) { return student }
        if let student = line.session.flatMap({ students.sessions[$0] }) { return student }
        if let student = students.index(ofPayload: line.payload, session: line.session ?? 0) { return student }
        return NamedActor.name(in: line.payload, fields: actorFields).flatMap { students.index(ofNamed: $0) }
    }

    package func export(_ student: StudentMatch, _ body: (String) throws -> Void) throws {
        let reader = PublishedLine()
        for part in try folder.parts() {
            try folder.forEachLine(ofPart: part) { line in
                let own = reader.read(line).map { read in
                    read.actor.map { student.isActor($0) } ?? false
                        || read.session.map { student.sessions.contains($0) } ?? false
                }
                guard own == true || student.isNamed(in: line, isJSON: true) else { return }
                var json = Bytes()
                json.append("{\"part\":\(part),\"line\":")
                json.append(line)
                json.append("}")
                try body(json.string)
            }
        }
    }
}

/// Reads lines of published events. Not thread-safe.
private final class PublishedLine {
    struct Parts {
        /// As records name it; nil: the event has none.
        let actor: UnsafeRawBufferPointer?
        /// Nil: it came in none.
        let session: UInt32?
        let payload: UnsafeRawBufferPointer
    }

    private let extractor = FieldExtractor()
    private let row: UnsafeMutablePointer<lectern_value>
    private var text = Bytes()

    init() {
        for name in ["actor", "session", "payload"] { _ = extractor.add(name) }
        row = .allocate(capacity: extractor.count)
        row.initialize(repeating: lectern_value(), count: extractor.count)
    }

    deinit { row.deallocate() }

    /// Nil if it is no such line. Valid until the next call.
    func read(_ line: UnsafeRawBufferPointer) -> Parts? {
        extractor.reset()
        text.truncate()
        text.append(line)
        for _ in 0..<FieldExtractor.padding { text.append(byte: 0) }
        let json = UnsafeRawBufferPointer(rebasing: text.contents[..<line.count])
        guard extractor.extract(json, into: row) == nil, row[2].tag == LECTERN_JSON, let payload = row[2].text else {
            return nil
        }
        return Parts(
            actor: row[0].tag == LECTERN_TEXT ? row[0].text : nil,
            session: row[1].tag == LECTERN_INTEGER ? UInt32(exactly: row[1].as.integer) : nil, payload: payload)
    }
}
