import Records

/// Who a connection is, once and for all: what an authentication method found out.
package final class Identity: Sendable {
    /// How much the identity is worth, in Learning Observer's words.
    enum Security: String, Sendable {
        case authenticated, unauthenticated, none
    }

    /// As the client is told it.
    let userID: String
    /// The actor of the connection's events: percent-encoded, so that it can stand in keys and file names.
    let safeUserID: String
    let security: Security
    /// The method's short name, in safe ids and in the session's record.
    let provenance: String

    /// As whoever vouches for the user calls it, without what a method puts before it: what it is looked up by elsewhere.
    var name: String {
        let mark = Self.marks.first { provenance == $0.provenance && userID.hasPrefix($0.mark) }?.mark ?? ""
        return String(userID.dropFirst(mark.count))
    }

    private static let marks = [("tc", "testcase-"), ("ls", "ls-"), ("mch", "hi-"), ("gcu", "gc-")]
        .map { (provenance: $0.0, mark: $0.1) }

    /// - Parameter safeUserID: nil: the user's id behind the method's short name.
    init(userID: String, security: Security, provenance: String, safeUserID: String? = nil) {
        self.userID = userID
        self.safeUserID = safeUserID ?? provenance + "-" + Self.quote(userID)
        self.security = security
        self.provenance = provenance
    }

    /// Encodes a text as HTML forms do: letters, digits and `_ . - ~ @` stay, a space becomes `+`, and every other
    /// byte of its UTF-8 becomes `%XX`.
    static func quote(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var quoted: [UInt8] = []
        quoted.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "~"), UInt8(ascii: "@"):
                quoted.append(byte)
            case UInt8(ascii: " "):
                quoted.append(UInt8(ascii: "+"))
            default:
                quoted += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: quoted, as: UTF8.self)
    }

    /// The session record's `auth`. `providence` is how Learning Observer's reducers spell it.
    func appendJSON(to bytes: inout Bytes) {
        bytes.append("{\"sec\":")
        bytes.appendJSON(security.rawValue)
        bytes.append(",\"user_id\":")
        bytes.appendJSON(userID)
        bytes.append(",\"safe_user_id\":")
        bytes.appendJSON(safeUserID)
        bytes.append(",\"providence\":")
        bytes.appendJSON(provenance)
        bytes.append("}")
    }
}
