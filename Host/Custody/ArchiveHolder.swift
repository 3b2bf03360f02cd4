package import Archive
import EventLog
import FoundationEssentials
import Glibc
import Records

/// The archive, as something that holds what students have sent.
package struct ArchiveHolder: RecordHolder {
    private let folder: ArchiveFolder
    private let configuration: ArchiveConfiguration
    private let actorFields: [String]

    /// - Parameter actorFields: the fields in which events may name their actor.
    package init(_ configuration: ArchiveConfiguration, actorFields: [String]) {
        self.configuration = configuration
        self.actorFields = actorFields
        folder = ArchiveFolder(configuration.directory)
    }

    package var name: String { "archive" }

    private var isThere: Bool { access(folder.path, F_OK) == 0 }

    /// A file of a session that was a student's alone goes; in others, the student's lines do.
    package func erase(_ students: ErasedStudents) throws -> [Int: Int] {
        guard isThere else { return [:] }
        try folder.close(level: configuration.level)
        var files: [Int: Set<ArchivedFile>] = [:]
        _ = try folder.rewrite(level: configuration.level) { file, line, isSession in
            if isSession, let student = students.sessions[file.session] {
                files[student, default: []].insert(file)
                return .remove
            }
            if !isSession, let student = owner(of: line, in: file, students) {
                files[student, default: []].insert(file)
                return .remove
            }
            var copy = Array(line)
            let named = copy.withUnsafeMutableBytes { students.replaceNames($0, isJSON: true) }
            for student in named { files[student, default: []].insert(file) }
            return named.isEmpty ? .keep : .replace(copy)
        }
        return files.mapValues(\.count)
    }

    /// Whose event a line is, if it is one of the students': the log has said so, or the event names its actor.
    private func owner(
        of line: UnsafeRawBufferPointer, in file: ArchivedFile, _ students: ErasedStudents
    ) -> Int? {
        if let student = students.index(ofPayload: line, session: file.session) { return student }
        return NamedActor.name(in: line, fields: actorFields).flatMap { students.index(ofNamed: $0) }
    }

    package func export(_ student: StudentMatch, _ body: (String) throws -> Void) throws {
        guard isThere else { return }
        for file in try folder.files() {
            let isOwn = student.sessions.contains(file.session)
            try folder.forEachLine(of: file) { line in
                if isOwn || student.isNamed(in: line, isJSON: true) {
                    var json = Bytes()
                    json.append("{\"file\":")
                    json.appendJSON(file.path)
                    json.append(",\"line\":")
                    json.append(line)
                    json.append("}")
                    try body(json.string)
                }
                return true
            }
        }
    }
}
