import EventLog
import Foundation
import KeyValueStore
import Records

/// What the hosts that share a log tell each other, in the store that has their checkpoints. Its methods block; not for the threads
/// of Swift's own pool.
struct ClusterStore: Sendable {
    private let store: any KeyValueStore
    private let prefix: String

    /// - Parameter group: tells these hosts from others with the same store.
    init(_ store: any KeyValueStore, log: LogIdentity, group: String) {
        self.store = store
        prefix = "lectern:cluster/\(SHA256.hexadecimal(log.id))/\(group)/"
    }

    func get(_ name: String) throws -> String? {
        let (store, key) = (store, prefix + name)
        return try ThreadExecutor.run { try await store.get(key) }.get()
    }

    func get<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value? {
        try get(name).flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
    }

    /// - Parameter value: a JSON text.
    func set(_ name: String, _ value: String) throws {
        let (store, key) = (store, prefix + name)
        try ThreadExecutor.run { try await store.set(key, value) }.get()
    }

    func set(_ name: String, _ value: some Encodable) throws { try set(name, Self.text(value)) }

    /// Makes it `value` if it is `expected`, byte for byte; nil: there is nothing. Returns whether it was.
    func replace(_ name: String, _ expected: String?, by value: some Encodable) throws -> Bool {
        let (store, key, value) = (store, prefix + name, try Self.text(value))
        return try ThreadExecutor.run { try await store.compareAndSet(key, expected: expected, value: value) }.get()
    }

    func delete(_ name: String) throws {
        let (store, key) = (store, prefix + name)
        _ = try ThreadExecutor.run { try await store.delete(key) }.get()
    }

    /// The names that begin like this.
    func names(_ beginning: String) throws -> [String] {
        let (store, prefix) = (store, prefix)
        return try ThreadExecutor.run {
            var names: [String] = []
            var next: String?
            repeat {
                let page = try await store.keys(prefix: prefix + beginning, after: next, limit: 1000)
                names += page.keys.map { String($0.dropFirst(prefix.count)) }
                next = page.next
            } while next != nil
            return names
        }.get()
    }

    private static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
