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
    /// Read nothing from the socket for so many microseconds: the client is too fast.
    case pause(Int64)
    /// Find out whose token this is, and give the answer to `IngestSession.finish`.
    case verify(String)
    /// Call `IngestSession.wake` after so many microseconds.
    case wake(Int64)
    /// Read nothing from the socket until `IngestSession.isWaiting` is false, and call `goOn` after so many microseconds.
    case awaitLookups(Int64)
    /// Get the stored value and send what `Reply.blob` makes of it.
    case fetch(BlobKey)
}

/// The messages to clients. Each is one JSON object; `auth` is Learning Observer's.
package enum Reply {
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

    /// The client is not read for a while. Clients that don't know the word go on, and wait for their socket.
    static func slowedDown(_ limit: String, microseconds: Int64) -> String {
        json { bytes in
            bytes.append("{\"status\":\"slow\",\"reason\":")
            bytes.appendJSON(limit)
            bytes.append(",\"retry_after\":\(Double(microseconds) / 1_000_000)}")
        }
    }

    /// Why a connection is closed, where trying again helps: in seconds.
    package static func refused(_ refusal: IngestRefusal) -> String {
        json { bytes in
            bytes.append("{\"status\":\"error\",\"reason\":")
            bytes.appendJSON(refusal.reason)
            if let seconds = refusal.retryAfter { bytes.append(",\"retry_after\":\(seconds)") }
            bytes.append("}")
        }
    }

    /// The answer to `fetch_blob`: the stored JSON, or null.
    package static func blob(_ json: String?) -> String { "{\"status\":\"fetch_blob\",\"data\":\(json ?? "null")}" }

    private static func json(_ write: (inout Bytes) -> Void) -> String {
        var bytes = Bytes()
        write(&bytes)
        return bytes.string
    }
}
