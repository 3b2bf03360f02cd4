import Records

/// What the events of a connection share, as the log holds it:
/// `{"locked":{…},"server":{"ip","agent","origin"},"auth":{…}}`.
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
        bytes.append("}")
    }
}
