import PluginAPI

/// Which modules there are, in the order in which they are to be taken, and what each needs. The host's settings list
/// them:
///
///     plugins:
///       quiz-analytics:
///         settings:
///           curriculum:
///             - {domain: dsa, course: foundations, module: arrays}
///             - {domain: dsa, course: foundations, module: hashing, requires: [arrays]}
struct Curriculum: Equatable {
    struct Module: Codable, Equatable {
        var domain: String
        /// Empty if the domain has no courses.
        var course: String?
        /// Unique in its domain.
        var module: String
        /// Modules of the same domain that have to be completed before this one.
        var requires: [String]?
    }

    /// A module that a learner may take next.
    struct Next: Equatable {
        let module: Module
        /// How many modules of the course are left, this one included.
        let left: Int
    }

    private let domains: [String: [Module]]

    /// Refuses what can't be: a module twice, one that needs what there is not, or, in the end, itself.
    init(_ modules: [Module]) throws {
        for (index, module) in modules.enumerated() {
            guard !module.domain.isEmpty, !module.module.isEmpty else {
                throw SettingsError("curriculum.\(index)", expected: "a domain and a module", found: "an empty name")
            }
        }
        domains = Dictionary(grouping: modules, by: \.domain)
        for (domain, modules) in domains.sorted(by: { $0.key < $1.key }) { try Self.check(modules, of: domain) }
    }

    private static func check(_ modules: [Module], of domain: String) throws {
        var left: [String: Set<String>] = [:]
        for module in modules {
            guard left.updateValue(Set(module.requires ?? []), forKey: module.module) == nil else {
                throw SettingsError(
                    "curriculum", expected: "each module of the domain \(domain) once", found: "\(module.module) twice")
            }
        }
        for module in modules {
            for needed in module.requires ?? [] where left[needed] == nil {
                throw SettingsError(
                    "curriculum", expected: "modules of the domain \(domain) in requires of \(module.module)",
                    found: needed)
            }
        }
        // Whoever takes what can be taken, again and again, gets everything, or else modules wait for each other.
        while let free = left.filter({ $0.value.isEmpty }).keys.min() {
            left[free] = nil
            for module in left.keys { left[module]?.remove(free) }
        }
        guard left.isEmpty else {
            throw SettingsError(
                "curriculum", expected: "modules of the domain \(domain) that don't wait for each other",
                found: left.keys.sorted().joined(separator: ", "))
        }
    }

    /// For each course of a domain, in its order, the first module that is not completed and has all that it needs.
    func next(in domain: String, completed: Set<String>) -> [Next] {
        var courses: [String] = []
        var open: [String: [Module]] = [:]
        for module in domains[domain] ?? [] where !completed.contains(module.module) {
            let course = module.course ?? ""
            if open[course] == nil { courses.append(course) }
            open[course, default: []].append(module)
        }
        return courses.compactMap { course in
            let open = open[course] ?? []
            return open.first { completed.isSuperset(of: $0.requires ?? []) }.map { Next(module: $0, left: open.count) }
        }
    }
}

/// A row for each course of a domain in which a learner has a next module.
struct NextModuleTable: Table {
    typealias From = Progress
    let curriculum: Curriculum
    let id = "next_module"
    let title = "Next modules"
    let columns: [Column] = [
        .text("user_id", "Learner", key: true), .text("domain", "Domain", key: true),
        .text("course", "Course", key: true), .text("module", "Next module"),
        .integer("position", "Place in the domain's queue"), .boolean("started", "Started"),
        .integer("modules_left", "Modules left in the course"),
    ]

    func rows(_ key: KeyView, _ state: Progress.State, into rows: Rows) {
        let queue = curriculum.next(in: key.text(1).string, completed: state.completed)
        for (index, next) in queue.enumerated() {
            rows.add(
                key[0], key[1], .string(next.module.course ?? ""), .string(next.module.module), .integer(index + 1),
                .boolean(state.started.contains(next.module.module)), .integer(next.left))
        }
    }
}
