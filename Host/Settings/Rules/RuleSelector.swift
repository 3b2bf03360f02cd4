/// Which questions a rule answers: those that have all of its types, classes and attributes.
struct RuleSelector: Sendable, Equatable {
    struct Attribute: Sendable, Equatable {
        let name: String
        /// Nil: any.
        let value: String?
    }

    var types: Set<String> = []
    var classes: Set<String> = []
    var attributes: [Attribute] = []

    /// What both ask for: a rule within another one.
    func and(_ other: RuleSelector) -> RuleSelector {
        RuleSelector(
            types: types.union(other.types), classes: classes.union(other.classes),
            attributes: attributes + other.attributes.filter { !attributes.contains($0) })
    }

    func matches(_ question: RuleQuestion) -> Bool {
        types.isSubset(of: question.types) && classes.isSubset(of: question.classes)
            && attributes.allSatisfy { attribute in
                guard let value = question.attributes[attribute.name] else { return false }
                return attribute.value == nil || attribute.value == value
            }
    }

    /// As in CSS: any class or attribute counts more than all types.
    var specificity: (Int, Int) { (classes.count + attributes.count, types.count) }
}

/// What rules are asked with.
package struct RuleQuestion: Sendable, Hashable {
    package var types: Set<String>
    package var classes: Set<String>
    package var attributes: [String: String]

    package init(types: Set<String>, classes: Set<String> = [], attributes: [String: String] = [:]) {
        self.types = types
        self.classes = classes
        self.attributes = attributes
    }
}
