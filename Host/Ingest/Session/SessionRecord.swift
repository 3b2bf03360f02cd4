import Records

/// What the events of a connection share, as the log holds it:
/// `{"locked":{…},"server":{"ip","agent","origin"},"auth":{…}}`. `"restored":true` says that the client has locked these
/// fields on an earlier connection, and not yet on this one.
///
/// The fold lays the locked members over the event's own, and `server` and `auth` over both, each as a whole. `auth` is
/// always there: so what a client sends or locks under that name never reaches a reducer.
enum SessionRecord {
    static func append(locked: LockedFields, peer: IngestPeer, identity: Identity?, to bytes: inout Bytes) {
        bytes.append("{\"locked\":")
        locked.json.withUnsafeBytes { bytes.append($0) }
        bytes.append(",\"server\":{\"ip\":")
        bytes.appendJSON(peer.ip)
        bytes.append(",\"agent\":")
        bytes.appendJSON(peer.agent)
        bytes.append(",\"origin\":")
        bytes.appendJSON(peer.origin)
        bytes.append("},\"auth\":")
        if let identity {
            identity.appendJSON(to: &bytes)
        } else {
            bytes.append("{\"sec\":\"none\",\"providence\":\"connection\"}")
        }
        if locked.isRestored { bytes.append(",\"restored\":true") }
        bytes.append("}")
    }

    /// The actor in a record's `auth`, which never needs escapes; nil: there is none.
    static func safeUserID(auth: [UInt8]) -> String? {
        auth.withUnsafeBytes { auth in
            for member in JSONStructure.members(of: auth)
            where auth[member.name].elementsEqual("\"safe_user_id\"".utf8) {
                return String(decoding: auth[member.value].dropFirst().dropLast(), as: UTF8.self)
            }
            return nil
        }
    }
}
