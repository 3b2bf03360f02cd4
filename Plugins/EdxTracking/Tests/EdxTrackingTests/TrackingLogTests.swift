import EdxTracking
import PluginAPI
import Testing

/// An event that a source gave, copied.
struct Given: Equatable {
    var payload: String
    var actor = ""
    var type: String
    var time: String?
    var course: String?

    init(_ event: SourceEvent) {
        payload = event.payload.string
        actor = event.actor
        type = event.type
        time = event.time?.description
        for (name, value) in event.fields {
            if Text(name) == "course", case .string(let course) = value { self.course = course }
        }
    }
}

/// The events of one line.
func decode(_ source: some Source, _ line: String) throws -> [Given] {
    var events: [Given] = []
    var line = line
    try line.withUTF8 { bytes in
        try withoutActuallyEscaping({ (event: SourceEvent) in events.append(Given(event)) }) { take in
            try source.decode(Text(UnsafeRawBufferPointer(bytes)), into: SourceOutput(take))
        }
    }
    return events
}

@Suite("edX tracking logs")
struct TrackingLogTests {
    private func decode(_ line: String) throws -> [Given] { try EdxTrackingTests.decode(TrackingLog(), line) }

    @Test("lines that hold nothing", arguments: ["", "   ", "\t\r", "#", "# a comment", "  # indented {"])
    func nothing(line: String) throws { #expect(try decode(line).isEmpty) }

    @Test("an event of the server, after the logger's prefix")
    func prefix() throws {
        let json =
            #"{"username": "bea", "event_type": "problem_check", "time": "2015-04-06T17:09:59.941616+00:00", "event": {}, "context": {"course_id": "edX/DemoX/Demo_Course"}}"#
        let events = try decode("2023-05-23 13:53:13,461 INFO 20 [tracking] logger.py:41 - \(json)\r")
        let event = try #require(events.first)
        #expect(events.count == 1)
        #expect(event.payload == json)
        #expect(event.actor == "bea")
        #expect(event.type == "problem_check")
        #expect(event.time == "2015-04-06T17:09:59.941616Z")
        #expect(event.course == "edX/DemoX/Demo_Course")
    }

    @Test("events of which nobody, or no time, is known")
    func sparse() throws {
        let event = try #require(try decode(#"{"event_type": "/jsi18n/", "username": " ", "time": "yesterday"}"#).first)
        #expect(event.actor == "")
        #expect(event.time == nil)
        #expect(event.course == nil)
        #expect(
            try decode(#"{"event_type": "x", "time": "2013-12-17T15:38:32.805444"}"#).first?.time
                == "2013-12-17T15:38:32.805444Z")
    }

    @Test(
        "the course of the context, or of a page under /courses/",
        arguments: [
            (#""context": {"course_id": "course-v1:edX+DemoX+2015"}"#, "course-v1:edX+DemoX+2015"),
            (
                #""context": {"course_id": ""}, "page": "https://x.org/courses/course-v1:a+b+c/info?x=1""#,
                "course-v1:a+b+c"
            ),
            (#""context": {"path": "/courses/a/b/c/courseware/"}"#, "a/b/c"),
            (#""page": "https://x.org/courses/a/b/c""#, "a/b/c"),
            (#""context": {"course_id": "no course"}, "page": "https://x.org/courses/a/b/c""#, nil),
            (#""context": "a text", "page": "/course/a/b/c""#, nil), (#""page": "/courses/a/b""#, nil),
            (#""page": null"#, nil), (#""context": {"course_id": 7}"#, nil),
            (#""context": {"course_id": "a/b/c"}, "context": {"path": "/"}"#, nil),
        ] as [(String, String?)])
    func course(members: String, course: String?) throws {
        #expect(try decode("{\"event_type\": \"x\", \(members)}").first?.course == course)
    }

    @Test("the address of a page is its type, too")
    func courseOfType() throws {
        #expect(try decode(#"{"event_type": "/courses/edX/DemoX/Demo/discussion"}"#).first?.course == "edX/DemoX/Demo")
    }

    @Test(
        "an event may hold any data",
        arguments: [
            #""event": "{\"id\": \"a\"}""#, #""event": """#, #""event": "input_1=2""#, #""event": "{\"POST\": {""#,
            #""event": null"#, #""event": {"a": [1]}"#, #""x": 1"#,
        ])
    func data(member: String) throws { #expect(try decode("{\"event_type\": \"x\", \(member)}").count == 1) }

    @Test(
        "what is not of the format",
        arguments: [
            "GET /health", "{", #"{"event_type": "x"} and more"#, #"{"username": "bea"}"#, #"{"event_type": 7}"#,
            #"{"event_type": "x", "context": "course_id": "a"}"#, #"["event_type"]"#, #"{"event_type": ""}"#,
        ])
    func refused(line: String) { #expect(throws: (any Error).self) { try decode(line) } }

    @Test("a refusal says where and why")
    func reason() {
        let error = #expect(throws: JSONError.self) { try decode(#"INFO {"event_type": "x", "event": }"#) }
        #expect(error?.description == "byte 29: expected a value, found “}”")
    }
}
