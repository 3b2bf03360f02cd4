import EventLog
import Glibc
import Sinks

/// What is stored of alerts, whose keys may name students.
package struct AlertsHolder: RecordHolder {
    package let name = "alerts"
    private let path: String

    /// - Parameter folder: of alerts; it may not be there.
    package init(_ folder: String) { path = AlertFile.path(folder) }

    package func erase(_ students: ErasedStudents) throws -> [Int: Int] {
        guard access(path, F_OK) == 0 else { return [:] }
        var found: [Int: Int] = [:]
        var lines: [UInt8] = []
        for line in try File(path, O_RDONLY).contents().split(separator: UInt8(ascii: "\n")) {
            let (text, named) = students.replacingNames(String(decoding: line, as: UTF8.self), isJSON: true)
            for student in named { found[student, default: 0] += 1 }
            lines += Array(text.utf8) + [UInt8(ascii: "\n")]
        }
        if !found.isEmpty { try File.replace(path, with: lines) }
        return found
    }

    package func export(_ student: StudentMatch, _ body: (String) throws -> Void) throws {
        guard access(path, F_OK) == 0 else { return }
        for line in try File(path, O_RDONLY).contents().split(separator: UInt8(ascii: "\n")) {
            let isNamed = Array(line).withUnsafeBytes { student.isNamed(in: $0, isJSON: true) }
            if isNamed { try body(String(decoding: line, as: UTF8.self)) }
        }
    }
}
