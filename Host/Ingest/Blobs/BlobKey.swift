import KeyValueStore
import Records

/// Which of an actor's blobs is meant: he has one for each source and activity.
package struct BlobKey: Sendable, Hashable {
    var actor: String
    let source: String
    let activity: String

    /// The key in a store: no state's, whatever the names are.
    var text: String {
        let parts = [("activity", activity), ("actor", actor), ("source", source)]
        return Self.prefix + StateKey.text(of: parts.map { StateKey.Part(name: $0, value: .text($1)) })
    }

    package static let prefix = "Blob,"

    /// The members by which the log says it, beside the event.
    func appendFields(to bytes: inout Bytes) {
        bytes.append("{\"source\":")
        bytes.appendJSON(source)
        bytes.append(",\"activity\":")
        bytes.appendJSON(activity)
        bytes.append("}")
    }
}
