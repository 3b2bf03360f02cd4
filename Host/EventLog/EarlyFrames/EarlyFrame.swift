import Records

/// A frame that came before its connection had said who it is, as a line:
/// `{"received":…,"connection":17,"peer":"203.0.113.9","frame":"…"}`, or `base64` in place of `frame` if it is not UTF-8.
enum EarlyFrame {
    static func append(
        _ frame: UnsafeRawBufferPointer, connection: UInt64, peer: String, received: Int64, to bytes: inout Bytes
    ) {
        bytes.append("{\"received\":")
        bytes.appendJSON(microseconds: received)
        bytes.append(",\"connection\":\(connection),\"peer\":")
        bytes.appendJSON(peer)
        if String(validating: frame, as: UTF8.self) != nil {
            bytes.append(",\"frame\":")
            bytes.appendJSON(frame)
            bytes.append("}\n")
        } else {
            bytes.append(",\"base64\":\"")
            bytes.appendBase64(frame)
            bytes.append("\"}\n")
        }
    }
}
