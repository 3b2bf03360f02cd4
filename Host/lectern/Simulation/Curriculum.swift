/// What a simulated class learns.
enum Curriculum {
    struct Module {
        let id: String
        let course: String
        /// Points that a quiz on it costs, compared with an average one.
        let difficulty: Double
    }

    struct Domain {
        let id: String
        /// How many of a hundred students begin with it.
        let share: Int
        let modules: [Module]
    }

    static let domains = [
        domain(
            "dsa", share: 55,
            ("foundations", [("arrays", -6), ("linked-lists", 0), ("stacks", -3), ("hashing", 5)]),
            ("algorithms", [("sorting", 2), ("recursion", 10), ("graphs", 8), ("dynamic-programming", 14)])),
        domain(
            "web", share: 30,
            ("pages", [("html", -10), ("css", -2), ("accessibility", 0)]),
            ("scripting", [("javascript", 4), ("http", 1), ("testing", 6)])),
        domain(
            "databases", share: 15,
            ("relational", [("tables", -7), ("joins", 6), ("indexes", 7), ("transactions", 11)])),
    ]

    private static func domain(
        _ id: String, share: Int, _ courses: (String, [(name: String, difficulty: Double)])...
    ) -> Domain {
        let modules = courses.flatMap { course, modules in
            modules.map { Module(id: "\(id)-\($0.name)", course: "\(id)-\(course)", difficulty: $0.difficulty) }
        }
        return Domain(id: id, share: share, modules: modules)
    }

    private static let firstNames = [
        "amara", "ben", "carla", "david", "elif", "farid", "grace", "hugo", "ines", "jonas", "kavya", "liam",
        "mei", "nora", "oskar", "paula", "quentin", "ravi", "sofia", "tomas", "ulla", "viktor", "wanda",
        "xenia", "yusuf", "zoe",
    ]
    private static let lastNames = [
        "abbas", "berg", "costa", "dahl", "ekwueme", "fischer", "garcia", "haddad", "ito", "jensen",
        "kowalska", "lopez", "mbeki", "nowak", "okafor", "petrov", "quist", "rossi", "singh", "tanaka",
        "urban", "vega", "weber", "yilmaz", "zhang",
    ]

    /// The user id of a student by his number: no two have the same.
    static func name(of student: Int) -> String {
        let (count, others) = (firstNames.count, lastNames.count)
        let first = firstNames[student % count]
        // Every pair of names occurs once before the first is used again.
        let last = lastNames[(student * 7 + student / count) % others]
        let round = student / (count * others)
        return round == 0 ? "\(first).\(last)" : "\(first).\(last)\(round + 1)"
    }
}
