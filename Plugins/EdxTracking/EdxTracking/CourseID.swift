import PluginAPI

/// Ids of courses: `ORG/COURSE/RUN`, or since 2014 `course-v1:ORG+COURSE+RUN`.
enum CourseID {
    static func isValid(_ id: String) -> Bool { length(Array(id.utf8)[...]) == id.utf8.count }

    /// The id in a URL or path `…/courses/ID/…`.
    static func find(in url: String) -> String? {
        let bytes = Array(url.utf8)
        let marker = Array("/courses/".utf8)
        guard bytes.count > marker.count else { return nil }
        for start in 0..<bytes.count - marker.count where bytes[start..<start + marker.count] == marker[...] {
            let rest = bytes[(start + marker.count)...]
            return length(rest).map { String(decoding: rest.prefix($0), as: UTF8.self) }
        }
        return nil
    }

    /// The length of the id that `bytes` begin with.
    private static func length(_ bytes: ArraySlice<UInt8>) -> Int? {
        let prefix = "course-v1:".utf8
        let isNew = bytes.starts(with: prefix)
        var rest = isNew ? bytes.dropFirst(prefix.count) : bytes
        for index in 0..<3 {
            if index > 0 {
                guard rest.popFirst() == (isNew ? UInt8(ascii: "+") : UInt8(ascii: "/")) else { return nil }
            }
            let part = rest.prefix(while: isPart)
            guard !part.isEmpty else { return nil }
            rest = rest.dropFirst(part.count)
        }
        return rest.startIndex - bytes.startIndex
    }

    private static func isPart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "#"), 0...0x20: false
        default: true
        }
    }
}
