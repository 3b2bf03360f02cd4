import PluginAPI

/// What a learner does in a course in one day.
struct DayActivity: Equatable {
    var problems: [String: Attempts] = [:]
    var videos: Set<String> = []
    var posts = 0
    var responses = 0
    var comments = 0
    var upvotes = 0
    var downvotes = 0
    var textbookPages = 0
    /// The address of the subsection that was viewed last.
    var subsection = Latest<String>()

    struct Attempts: Equatable {
        var count = 0
        var isSolved = false

        mutating func add(isCorrect: Bool) {
            count += 1
            if isCorrect { isSolved = true }
        }
    }

    mutating func add(_ event: TrackedEvent) {
        switch event.kind {
        case .nothing, .activity: break
        case .problem(let problem, let isCorrect):
            problems[problem.string, default: Attempts()].add(isCorrect: isCorrect)
        case .video(let video): videos.insert(video.string)
        case .post: posts += 1
        case .response: responses += 1
        case .comment: comments += 1
        case .vote(let isUp, let isUndone, let counts):
            guard counts else { return }
            if isUp { upvotes += isUndone ? -1 : 1 } else { downvotes += isUndone ? -1 : 1 }
        case .textbookPage: textbookPages += 1
        case .subsection(let path): subsection.offer(path.string, at: event.time)
        }
    }

    /// Adds another day's.
    mutating func merge(_ other: DayActivity) {
        problems.merge(other.problems) { Attempts(count: $0.count + $1.count, isSolved: $0.isSolved || $1.isSolved) }
        videos.formUnion(other.videos)
        posts += other.posts
        responses += other.responses
        comments += other.comments
        upvotes += other.upvotes
        downvotes += other.downvotes
        textbookPages += other.textbookPages
        subsection.merge(other.subsection)
    }

    var attempts: Int { problems.values.reduce(0) { $0 + $1.count } }
    var solved: Int { problems.values.reduce(0) { $0 + ($1.isSolved ? 1 : 0) } }
}

// Most days hold little, so what is empty is not stored.
extension DayActivity: StateCoding {
    func encode(into writer: inout StateWriter) {
        writer.map { map in
            map.field("posts", posts, unless: 0)
            map.field("videos", videos, unless: [])
            map.field("upvotes", upvotes, unless: 0)
            map.field("comments", comments, unless: 0)
            map.field("problems", problems, unless: [:])
            map.field("downvotes", downvotes, unless: 0)
            map.field("responses", responses, unless: 0)
            map.field("subsection", subsection, unless: Latest())
            map.field("textbookPages", textbookPages, unless: 0)
        }
    }

    init(from reader: inout StateReader) throws {
        var map = try reader.map()
        posts = try map.read("posts", default: 0)
        videos = try map.read("videos", default: [])
        upvotes = try map.read("upvotes", default: 0)
        comments = try map.read("comments", default: 0)
        problems = try map.read("problems", default: [:])
        downvotes = try map.read("downvotes", default: 0)
        responses = try map.read("responses", default: 0)
        subsection = try map.read("subsection", default: Latest())
        textbookPages = try map.read("textbookPages", default: 0)
    }
}

extension DayActivity.Attempts: StateCoding {
    func encode(into writer: inout StateWriter) {
        writer.map { map in
            map.field("count", count)
            map.field("solved", isSolved)
        }
    }

    init(from reader: inout StateReader) throws {
        var map = try reader.map()
        count = try map.read("count")
        isSolved = try map.read("solved")
    }
}
