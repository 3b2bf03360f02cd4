import Foundation

/// Data folders whose logs have the key that `lectern fold` uses for the pseudonyms of actors, all zeros, so that states
/// which hold such pseudonyms can be compared. A log of its own has a secret key.
enum KnownLog {
    /// - Parameter data: the data folder below `folder`; nil: that folder itself.
    static func prepare(_ folder: TemporaryFolder, below data: String? = nil) throws {
        let zeros = String(repeating: "0", count: 32)
        let id = String(repeating: "17", count: 16)
        let identity = """
            {"format":1,"id":"\(id)","partitions":16,"partition_function":"murmur2","siphash_key":"\(zeros)","created":0}
            """
        try folder.write("\(data.map { "\($0)/" } ?? "")log/log.json", identity.utf8, mode: 0o600)
    }

    /// The events of a host's log as `lectern log cat` prints them.
    static func events(in data: String) throws -> [[String: Any]] {
        try run(Installation.lectern, ["log", "cat", "--data", data]).split(separator: "\n")
            .map { try JSONRow.object(String($0)) }
            .filter { $0["kind"] as? String == "event" }
    }
}
