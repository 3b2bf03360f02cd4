/// Why a plugin was not loaded, or a part of it is not what the host can use. The host runs on without it.
package struct PluginRefusal: Error, Sendable, Codable, CustomStringConvertible {
    /// The library's file.
    package let file: String
    /// What does not fit: a field of the note, or a component and its property.
    package let field: String
    package let wanted: String
    package let found: String
    /// What its author or the operator can do; empty if nothing comes to mind.
    package let remedy: String

    package init(file: String, field: String, wanted: String, found: String, remedy: String = "") {
        self.file = file
        self.field = field
        self.wanted = wanted
        self.found = found
        self.remedy = remedy
    }

    package var description: String {
        let base = "\(file) refused: \(field): wanted \(wanted), found \(found)"
        return remedy.isEmpty ? base : "\(base); \(remedy)"
    }
}
