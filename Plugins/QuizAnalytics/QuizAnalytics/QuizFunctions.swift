import Glibc
import PluginAPI

/// What operators may derive columns by.
enum QuizFunctions {
    /// After so many days without practice a third of what was known is left, more or less.
    private static let daysToForget = 30.0

    static let forgetting = Function("forgetting", "score", "days") { score, days in
        score * exp(-max(days, 0) / QuizFunctions.daysToForget)
    }
    .title("Forgetting curve")
    .description("What is left of a score after some days without practice, by the curve of Ebbinghaus.")
    .test(80, 0, gives: 80)
    .test(80, 30, gives: 29.43, within: 0.01)
    .test(50, -1, gives: 50)

    static let mark = Function("mark", "score") { score in
        score >= 90 ? "A" : score >= 80 ? "B" : score >= 70 ? "C" : score >= 60 ? "D" : "F"
    }
    .title("Mark")
    .description("The mark that a score in percent comes to, A to F.")
    .test(90, gives: "A")
    .test(89.9, gives: "B")
    .test(0, gives: "F")
}
