import CCurl
import Dispatch
import FoundationEssentials
import Glibc
import JWTKit
import Records
import Settings

/// The public keys that tokens are signed with, from a key set in a file or at an address.
///
/// They are read again after a while, when the file has changed, and when a token names a key that is not among them: so
/// an issuer may change its keys at any time. However many tokens ask, one fetch goes on at once, and the next begins no
/// sooner than the settings' pause. What can't be read leaves the keys as they were.
actor TokenKeys {
    private let configuration: TokenConfiguration
    private let clock: @Sendable () -> Int64
    private var keys: [JWK] = []
    private var stamp: FileStamp?
    /// When the last reading ended, in microseconds; nil: there was none.
    private var lastRead: Int64?
    private var reading: Task<String?, Never>?

    /// - Parameter clock: microseconds, of any beginning.
    init(_ configuration: TokenConfiguration, clock: @escaping @Sendable () -> Int64) {
        self.configuration = configuration
        self.clock = clock
    }

    private var isAddress: Bool { configuration.keys.contains("://") }

    /// The key of this name; nil if there is none. A token without a name may mean the only key.
    func key(_ id: String?) async -> JWK? {
        let isOld = lastRead.map { clock() - $0 >= configuration.refresh.microseconds } ?? true
        if isOld { _ = await read() }
        if let key = known(id) { return key }
        let hasPaused = lastRead.map { clock() - $0 >= configuration.pause.microseconds } ?? true
        if reading != nil || hasPaused || hasChanged { _ = await read() }
        return known(id)
    }

    /// Reads the keys, with whoever else wants them. Returns what keeps them from being read; then the keys before stay.
    func read() async -> String? {
        if let reading { return await reading.value }
        let task = Task { await load() }
        reading = task
        let trouble = await task.value
        reading = nil
        lastRead = clock()
        return trouble
    }

    private var hasChanged: Bool { !isAddress && FileStamp(configuration.keys) != stamp }

    private func known(_ id: String?) -> JWK? {
        guard let id else { return keys.count == 1 ? keys[0] : nil }
        return keys.first { $0.keyIdentifier?.string == id }
    }

    private func load() async -> String? {
        let place = configuration.keys
        if !isAddress { stamp = FileStamp(place) }
        let found = await Self.document(configuration, isAddress: isAddress)
        switch found {
        case .failure(let trouble): return "\(place): the keys of tokens can't be had: \(trouble)"
        case .success(let bytes):
            guard let set = try? JSONDecoder().decode(KeySet.self, from: bytes) else {
                return "\(place): no key set: expected {\"keys\":[…]} as RFC 7517 has it"
            }
            let usable = set.keys.compactMap(\.key)
            guard !usable.isEmpty else {
                return "\(place): of its \(set.keys.count) keys none is a public key for signatures (RSA, EC or OKP)"
            }
            keys = usable
            return nil
        }
    }

    private struct Trouble: Error, CustomStringConvertible { let description: String }

    /// Blocks a thread that is there for it.
    private static func document(
        _ configuration: TokenConfiguration, isAddress: Bool
    ) async -> Result<Data, Trouble> {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: isAddress
                        ? fetch(configuration) : read(configuration.keys, limit: configuration.keysBytes))
            }
        }
    }

    private static func read(_ file: String, limit: Int) -> Result<Data, Trouble> {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            return .failure(Trouble(description: "there is no such file, or it can't be read"))
        }
        guard bytes.count <= limit else { return .failure(Trouble(description: "it has more than \(limit) bytes")) }
        return .success(bytes)
    }

    private static func fetch(_ configuration: TokenConfiguration) -> Result<Data, Trouble> {
        let milliseconds = Int(configuration.timeout.microseconds / 1_000)
        var fetched = lectern_fetch(configuration.keys, configuration.keysBytes, milliseconds)
        guard let bytes = fetched.bytes else {
            let reason = withUnsafeBytes(of: &fetched.error) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            return .failure(Trouble(description: reason.isEmpty ? "the answer is empty" : reason))
        }
        defer { free(bytes) }
        return .success(Data(bytes: bytes, count: fetched.count))
    }
}

/// A key set. Keys of kinds that this host does not know, for other uses, or that are damaged are left out.
private struct KeySet: Decodable {
    struct Key: Decodable {
        let key: JWK?

        private enum CodingKeys: String, CodingKey { case use, kid }

        init(from decoder: any Decoder) throws {
            let members = try? decoder.container(keyedBy: CodingKeys.self)
            let use = try? members?.decodeIfPresent(String.self, forKey: .use)
            guard use == nil || use == "sig", var key = try? JWK(from: decoder) else {
                key = nil
                return
            }
            // Keys that sign are nobody's business but the issuer's: what is read here only verifies.
            key.privateExponent = nil
            self.key = key
        }
    }

    let keys: [Key]
}
