package import FoundationEssentials
import Glibc

extension LogRewriting {
    /// Signs a statement about the log, as one line of JSON; with the log's key, or, if the log is not signed, with one that
    /// is kept in `folder`, a new one if there is none.
    package func line(signing statement: some Statement, orElse folder: String) throws -> Data {
        let integrity = IntegrityFolder(self.folder, identity)
        if signatures != nil { return try Signed(statement, by: integrity.openKey()).line }
        let path = folder + "/key.pem"
        if access(path, F_OK) == 0 { return try Signed(statement, by: SigningKey(path: path)).line }
        let key = SigningKey()
        try integrity.store(path, Array(key.pem.utf8), in: folder)
        try integrity.store(folder + "/public.pem", Array(key.publicKey.pem.utf8), mode: 0o644, in: folder)
        return try Signed(statement, by: key).line
    }

    /// The log's id, as statements give it.
    package var id: String { IntegrityFolder(folder, identity).log }

    /// Now, as statements give it.
    package static var time: String { timeOfStatement() }
}
