import EventLog
import Records

/// An event that keeps a value for its client, or asks for it. Learning Observer's clients store their settings in this way.
struct BlobRequest {
    enum Kind: String {
        case save = "save_blob"
        case fetch = "fetch_blob"

        /// Nil: an event of another type.
        @inline(__always)
        init?(_ type: UnsafeRawBufferPointer) {
            guard type.count == 9 || type.count == 10, type[type.count - 5] == UInt8(ascii: "_") else { return nil }
            self.init(rawValue: String(decoding: type, as: UTF8.self))
        }
    }

    let kind: Kind
    var key: BlobKey

    /// The value of a `save_blob` that has been parsed before, as it stands.
    static func value(of event: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let member = JSONStructure.members(of: event).first { event[$0.name].elementsEqual("\"blob\"".utf8) }
        return member.map { UnsafeRawBufferPointer(rebasing: event[$0.value]) }
    }
}

struct BlobRefusal: Error {
    var code = DeadLetter.Code.badBlob
    let reason: String
}
