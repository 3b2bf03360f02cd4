/// A student who logs in, takes a diagnostic quiz, works through modules, repeats quizzes until they are passed, rests, and
/// is then advised to revise what went worst.
struct SimulatedStudent {
    /// When the next event happens; milliseconds since the class began.
    private(set) var time: Int64

    private enum Step {
        case login, selectDomain, diagnosticQuiz, start, quiz, revise
        case view(page: Int)
        case complete(score: Int)
    }

    private let number: Int
    /// The score to expect in an average quiz, without practice.
    private let ability: Double
    /// How long things take, compared with others.
    private let pace: Double
    private var random: SplitMix
    /// What happens at `time`, and the seconds that it will have taken.
    private var step = Step.login
    private var taken: Int?
    private var domain: Int
    private var module = 0
    private var attempt = 0
    /// Points that practice in this domain has brought.
    private var practice = 0.0
    /// The module of this domain that was completed with the lowest score, since the last advice.
    private var weakest: (module: Int, score: Int)?
    private var events = 0
    /// When the student wants to rest.
    private var rest: Int64

    private static let passMark = 70

    init(number: Int, seed: UInt64) {
        self.number = number
        var random = SplitMix(seed: seed, stream: UInt64(number))
        // In a class there are always some who struggle and some who are bored.
        switch random.fraction() {
        case ..<0.22: ability = random.normal(45, 6)
        case ..<0.78: ability = random.normal(70, 6)
        default: ability = random.normal(91, 4)
        }
        pace = random.between(0.7, 1.5)
        var share = random.whole(1...100)
        domain = Curriculum.domains.firstIndex { domain in
            share -= domain.share
            return share <= 0
        }!
        // Most are there when the lesson begins; some are late.
        time = random.chance(0.85) ? random.milliseconds(0, 90) : random.milliseconds(90, 600)
        rest = time + random.milliseconds(1_200, 2_700)
        self.random = random
    }

    /// The event at `time`; moves on to the one after it.
    mutating func next() -> SimulatedEvent {
        switch step {
        case .login:
            let next: Step = events == 0 ? .selectDomain : weakest == nil ? .start : .revise
            defer { plan(next, after: random.milliseconds(4, 25)) }
            return event(.login)
        case .selectDomain:
            practice = 0
            module = 0
            weakest = nil
            defer { plan(.diagnosticQuiz, after: random.milliseconds(5, 20)) }
            return event(.domainSelected)
        case .diagnosticQuiz:
            defer { plan(.start, after: random.milliseconds(10, 60)) }
            return event(.diagnosticQuiz(score: points(ability - 8)))
        case .start:
            attempt = 0
            defer { plan(.view(page: 1), after: 0) }
            return event(.moduleStarted, in: modules[module])
        case .view(let page):
            let isReady = page > 5 || (page >= (attempt == 0 ? 2 : 1) && random.chance(0.5))
            defer { plan(isReady ? .quiz : .view(page: page + 1), after: random.milliseconds(1, 6)) }
            return event(.moduleViewed(page: page), in: modules[module])
        case .quiz:
            return quiz()
        case .complete(let score):
            if score < weakest?.score ?? .max { weakest = (module, score) }
            defer { leaveModule() }
            return event(.moduleCompleted(score: score), in: modules[module])
        case .revise:
            defer { plan(.start, after: 2_000) }
            return revision()
        }
    }

    private mutating func quiz() -> SimulatedEvent {
        attempt += 1
        let score = points(ability + practice - modules[module].difficulty + Double(attempt - 1) * 7)
        practice = min(practice + 0.8, 12)
        let done = event(.moduleQuiz(score: score, attempt: attempt), in: modules[module])
        if score >= Self.passMark {
            plan(.complete(score: score), after: random.milliseconds(2, 8))
        } else if attempt >= 5 || (attempt >= 3 && random.chance(0.3)) {
            // Enough of this one.
            leaveModule()
        } else {
            plan(.view(page: 1), after: random.milliseconds(8, 60))
        }
        return done
    }

    private mutating func revision() -> SimulatedEvent {
        let (module, score) = weakest ?? (0, Self.passMark)
        weakest = nil
        return event(
            .revision(urgency: score < 75 ? "high" : score < 85 ? "medium" : "low"), in: modules[module])
    }

    private mutating func leaveModule() {
        module += 1
        if module < modules.count {
            plan(.start, after: random.milliseconds(10, 90))
        } else {
            domain = (domain + 1) % Curriculum.domains.count
            plan(.selectDomain, after: random.milliseconds(30, 180))
        }
    }

    /// Sets what happens next. A tired student rests before a new module, and then has to log in again.
    private mutating func plan(_ next: Step, after pause: Int64) {
        step = next
        switch next {
        case .diagnosticQuiz: taken = seconds(150, 420)
        case .view: taken = seconds(25, 140)
        case .quiz: taken = seconds(90, 300)
        default: taken = nil
        }
        time += pause + Int64(taken ?? 0) * 1000
        if case .start = next, time > rest {
            step = .login
            time += random.milliseconds(180, 900)
            rest = time + random.milliseconds(1_200, 2_700)
        }
    }

    private var modules: [Curriculum.Module] { Curriculum.domains[domain].modules }

    private mutating func seconds(_ low: Double, _ high: Double) -> Int { Int(random.between(low, high) * pace) }

    private mutating func points(_ expected: Double) -> Int {
        min(max(Int(random.normal(expected, 9).rounded()), 0), 100)
    }

    private mutating func event(
        _ activity: SimulatedEvent.Activity, in module: Curriculum.Module? = nil
    ) -> SimulatedEvent {
        events += 1
        return SimulatedEvent(
            activity: activity, student: number, number: events, time: time, domain: Curriculum.domains[domain].id,
            module: module, taken: taken)
    }
}

extension SplitMix {
    /// Milliseconds between so many seconds.
    fileprivate mutating func milliseconds(_ low: Double, _ high: Double) -> Int64 { Int64(between(low, high) * 1000) }
}
