import CPluginAPI

/// How the stored states of a reducer pass from one version to another, so that the host need not fold its log anew.
///
///     static let version = 2
///     struct State: ReducerState { var tries = 0; var best = 0 }
///     /// As version 1 stored it.
///     struct First: Codable { var attempts: Int }
///
///     static var migrations: [Migration<State>] {
///         [.from(1) { (old: First) in State(tries: old.attempts, best: 0) },
///          .to(1) { First(attempts: $0.tries) }]
///     }
///
/// `from` is for a build of this version that takes over from another one, `to` for going back from this one to a build
/// that knows nothing of it. Each is called for every state, in a process that is thrown away: if it throws or traps, the
/// build before goes on. It must depend on nothing but the state. The key of the reducer must be the same in both versions.
public struct Migration<State: ReducerState> {
    enum Way {
        case from((UnsafeRawBufferPointer) throws -> State)
        case to((State, UnsafePointer<lectern_writer>) throws -> Void)
    }

    let version: Int
    let way: Way

    /// Makes this version's state of what `version` stored.
    public static func from<Old: Decodable>(
        _ version: Int, _ convert: @escaping (Old) throws -> State
    ) -> Migration {
        Migration(version: version, way: .from { bytes in try convert(decodeStored(Old.self, from: bytes)) })
    }

    /// Makes what `version` stores of this version's state.
    public static func to<Old: Encodable>(
        _ version: Int, _ convert: @escaping (State) throws -> Old
    ) -> Migration {
        Migration(version: version, way: .to { state, output in try encodeStored(convert(state), to: output) })
    }
}

private func decodeStored<Old: Decodable>(_ type: Old.Type, from bytes: UnsafeRawBufferPointer) throws -> Old {
    guard let byHand = type as? any StateCoding.Type else { return try decodeItem(type, from: bytes) }
    return try decodeByHand(byHand, from: bytes) as! Old
}

private func encodeStored(_ old: some Encodable, to output: UnsafePointer<lectern_writer>) throws {
    guard let byHand = old as? any StateCoding else { return try encodeItem(old, to: output) }
    encodeByHand(byHand, to: output)
}

private func decodeByHand<Old: StateCoding>(_ type: Old.Type, from bytes: UnsafeRawBufferPointer) throws -> Old {
    var reader = StateReader(bytes)
    let old = try Old(from: &reader)
    try reader.end()
    return old
}

private func encodeByHand<Old: StateCoding>(_ old: Old, to output: UnsafePointer<lectern_writer>) {
    withUnsafePointer(to: old) { PluginAPI.encodeByHand($0, to: output) }
}

// MARK: - For the host

/// What the C function of a migration gets as its context.
private final class MigrationContext {
    let convert: (UnsafeRawBufferPointer, UnsafePointer<lectern_writer>) throws -> Void
    let host: HostConnection

    init(
        _ host: HostConnection,
        _ convert: @escaping (UnsafeRawBufferPointer, UnsafePointer<lectern_writer>) throws -> Void
    ) {
        self.host = host
        self.convert = convert
    }
}

extension Reducer {
    /// Refuses what leads from a version to itself, or twice the same way.
    static func checkMigrations() throws {
        var known: Set<String> = []
        for migration in migrations {
            let (word, other) = migration.isFrom ? ("from", migration.version) : ("to", migration.version)
            guard other != version else {
                throw PlainError(
                    "reducer \(id), migrations: expected another version than \(version), found .\(word)(\(other))")
            }
            guard known.insert("\(word) \(other)").inserted else {
                throw PlainError("reducer \(id), migrations: expected one .\(word)(\(other)), found two")
            }
        }
    }

    /// The declarations of its migrations for the host.
    static func migrationDeclarations(_ host: HostConnection) -> [UnsafePointer<lectern_migration>] {
        migrations.map { migration in
            let context = MigrationContext(host) { bytes, output in
                switch migration.way {
                case .from(let convert):
                    try withUnsafePointer(to: convert(bytes)) { try _encode($0, output) }
                case .to(let convert): try convert(storedState(bytes), output)
                }
            }
            var table = lectern_migration()
            table.size = UInt32(MemoryLayout<lectern_migration>.size)
            table.context = Unmanaged.passRetained(context).toOpaque()
            table.reducer = Permanent.text(id)
            table.from = UInt32(clamping: migration.isFrom ? migration.version : version)
            table.to = UInt32(clamping: migration.isFrom ? version : migration.version)
            table.convert = { context, bytes, length, output in
                Unmanaged<MigrationContext>.fromOpaque(context!)._withUnsafeGuaranteedRef { context in
                    context.host.status(LECTERN_FAILED) {
                        try context.convert(UnsafeRawBufferPointer(start: bytes, count: Int(length)), output!)
                    }
                }
            }
            return Permanent.value(table)
        }
    }

    private static func storedState(_ bytes: UnsafeRawBufferPointer) throws -> State {
        let memory = UnsafeMutablePointer<State>.allocate(capacity: 1)
        defer { memory.deallocate() }
        try _decode(bytes, UnsafeMutableRawPointer(memory))
        return memory.move()
    }
}

extension Migration {
    fileprivate var isFrom: Bool { if case .from = way { true } else { false } }
}
