/// The paths of fields: names with dots between.
enum FieldPath {
    static func isValid(_ path: String) -> Bool {
        !path.isEmpty && path.utf8.count <= 256
            && !path.split(separator: ".", omittingEmptySubsequences: false).contains("")
    }

    /// The member of the event that it is, or is a part of.
    static func member(of path: String) -> String { String(path.prefix { $0 != "." }) }
}
