import Records

/// What a connection has to do, in this order.
package enum IngestOutput: Sendable, Equatable {
    /// Send a text message.
    case send(String)
    /// Send a close frame with this code and reason (at most 123 bytes), and read no more.
    case close(UInt16, String)
    /// Read nothing from the socket until `readOn`: the disk is behind.
    case stopReading
    case readOn
}

/// The messages to clients. Each is one JSON object; `auth` is Learning Observer's.
enum Reply {
    static func authenticated(_ userID: String) -> String {
        json { bytes in
            bytes.append("{\"status\":\"auth\",\"user_id\":")
            bytes.appendJSON(userID)
            bytes.append("}")
        }
    }

    /// All frames up to this number are durable.
    static func acknowledged(_ number: UInt64) -> String { "{\"status\":\"ack\",\"seq\":\(number)}" }

    /// A frame went to the dead letters; `number` is its number, if the client numbers its frames.
    static func refused(_ reason: String, number: UInt64) -> String {
        json { bytes in
            bytes.append("{\"status\":\"error\",\"reason\":")
            bytes.appendJSON(reason)
            if number > 0 { bytes.append(",\"seq\":\(number)") }
            bytes.append("}")
        }
    }

    private static func json(_ write: (inout Bytes) -> Void) -> String {
        var bytes = Bytes()
        write(&bytes)
        return bytes.string
    }
}
