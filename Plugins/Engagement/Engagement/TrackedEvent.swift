import PluginAPI

/// A learner's event in a course, and what it counts as.
struct TrackedEvent: EventInput {
    enum Kind {
        /// Counts for nothing, not even as activity.
        case nothing
        case activity
        case problem(Text, isCorrect: Bool)
        case video(Text)
        case post, response, comment
        case vote(isUp: Bool, isUndone: Bool, counts: Bool)
        case textbookPage
        case subsection(Text)
    }

    let day: Day
    let time: Timestamp
    let kind: Kind

    init(_ event: Event) throws {
        time = event.time
        // The date is the one that the platform wrote, whatever its zone.
        day = event.textIfAny("time").flatMap { Day(isoPrefix: $0) } ?? event.time.day
        // A vote of nobody counts for nobody, either.
        kind = event.actor != nil && TrackedEvent.hasData(event) ? TrackedEvent.kind(of: event) : .nothing
    }

    /// Whether what the event holds as its data can be read: an object, as such or as a text; nothing at all will do.
    private static func hasData(_ event: Event) -> Bool {
        guard let text = event.textIfAny("event") else {
            guard event.contains("event") else { return true }
            return (try? event.json("event"))?.hasPrefix("{") ?? false
        }
        if text.isEmpty { return true }
        guard text.trimmed.hasPrefix("{") else { return false }
        var reader = JSONReader(text)
        return (try? reader.skip()) != nil && (try? reader.end()) != nil
    }

    private static func kind(of event: Event) -> Kind {
        switch event.type {
        case "problem_check":
            guard event.textIfAny("event_source") == "server" as Text,
                let problem = event.textIfAny("event.problem_id"), !problem.isEmpty
            else { return .nothing }
            let success = event.textIfAny("event.success")
            return .problem(problem, isCorrect: success?.string.lowercased() == "correct")
        case "play_video":
            guard let video = event.textIfAny("event.id"), !video.isEmpty else { return .nothing }
            return .video(video)
        case "edx.forum.thread.created": return .post
        case "edx.forum.response.created": return .response
        case "edx.forum.comment.created": return .comment
        case "edx.forum.thread.voted", "edx.forum.response.voted": return vote(event, counts: true)
        case "edx.forum.comment.voted": return vote(event, counts: false)
        case "book": return .textbookPage
        case let type:
            return type.hasPrefix("/courses/") && isSubsection(type) ? .subsection(type) : .activity
        }
    }

    private static func vote(_ event: Event, counts: Bool) -> Kind {
        let isUndone = (try? event.boolean("event.undo_vote")) ?? false
        switch event.textIfAny("event.vote_value") {
        case .some("up"): return .vote(isUp: true, isUndone: isUndone, counts: counts)
        case .some("down"): return .vote(isUp: false, isUndone: isUndone, counts: counts)
        default: return .nothing
        }
    }

    /// Whether a path is `/courses/ORG/COURSE/RUN/courseware/CHAPTER/SECTION/…`; the first two separators may be `+`.
    static func isSubsection(_ path: Text) -> Bool {
        var rest = path.dropFirst("/courses/".utf8.count)
        /// Reads a part that is not empty, and what stands behind it.
        func part(before separators: StaticString) -> Bool {
            let bytes = rest.utf8
            guard let end = bytes.firstIndex(where: { byte in Text(separators).utf8.contains(byte) }), end > 0 else {
                return false
            }
            rest = rest.dropFirst(end + 1)
            return true
        }
        guard part(before: "/+"), part(before: "/+"), part(before: "/"), rest.hasPrefix("courseware/") else {
            return false
        }
        rest = rest.dropFirst("courseware/".utf8.count)
        return part(before: "/") && part(before: "/")
    }
}
