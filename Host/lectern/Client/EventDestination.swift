import Glibc

/// A host that events are sent to, and how.
struct EventDestination: Sendable {
    let address: HostAddress
    /// A publisher's token; nil: none.
    var token: String?
    /// The source plugin that decodes what is sent; nil: each message is an event in JSON.
    var source: String?
    /// Events and bytes of one connection that may wait for their acknowledgement.
    var window = 1024
    var windowBytes = 8 << 20

    /// The path and query of a connection whose first frame has this number.
    func target(client: String, firstNumber: UInt64) -> String {
        let source = source.map { "&source=\(Self.encode($0))" } ?? ""
        return "/wsapi/in/?ack=1&client=\(Self.encode(client))&seq=\(firstNumber)\(source)"
    }

    /// Percent-encodes all but unreserved characters.
    private static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { encoded, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default: encoded += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }
}
