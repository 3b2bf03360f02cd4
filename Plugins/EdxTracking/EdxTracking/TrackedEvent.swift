import PluginAPI

/// What the source wants to know of a line's JSON object.
struct TrackedEvent {
    private(set) var username = ""
    private(set) var type = ""
    private var ownTime: String?
    private var otherTime: String?
    private var page: String?
    private var contextCourse: String?
    private var contextPath: String?

    /// Throws if the text is not one JSON object, or has no `event_type`.
    init(_ json: Text) throws {
        var reader = JSONReader(json)
        try reader.object { reader, name in try read(name, from: &reader) }
        try reader.end()
        guard !type.isEmpty else {
            throw EventError(field: "event_type", expected: "a text that says what happened", found: "none")
        }
    }

    /// When it happened; some platforms call it `timestamp`.
    var time: String? { ownTime ?? otherTime }

    /// The id of the course that it happened in: the context's own, or that of a page under `/courses/ID/`.
    var course: String? {
        if let contextCourse, !contextCourse.isEmpty {
            return CourseID.isValid(contextCourse) ? contextCourse : nil
        }
        for url in [type, page, contextPath] {
            if let url, let course = CourseID.find(in: url) { return course }
        }
        return nil
    }

    // Of equal names the last counts.
    private mutating func read(_ name: Text, from reader: inout JSONReader) throws {
        switch name {
        case "username": username = trimmed(try reader.textIfAny() ?? "")
        case "event_type": type = try reader.textIfAny() ?? ""
        case "time": ownTime = try reader.textIfAny()
        case "timestamp": otherTime = try reader.textIfAny()
        case "page": page = try reader.textIfAny()
        case "context":
            (contextCourse, contextPath) = (nil, nil)
            guard try reader.next() == .object else { return _ = try reader.skip() }
            try reader.object { reader, name in
                switch name {
                case "course_id": contextCourse = trimmed(try reader.textIfAny() ?? "")
                case "path": contextPath = try reader.textIfAny()
                default: try reader.skip()
                }
            }
        default: try reader.skip()
        }
    }

    private func trimmed(_ text: String) -> String {
        var text = text
        return text.withUTF8 { Text(start: $0.baseAddress, count: $0.count).trimmed.string }
    }
}
