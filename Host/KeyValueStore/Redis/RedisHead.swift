/// Where a plugin stands in a partition, and what belongs to it. Small: it is written with each checkpoint.
///
/// What a head names is written once, under a name that never comes again. So who has a head can read all of it, or
/// finds something gone: then there is a newer head.
struct RedisHead: Sendable, Equatable {
    /// In the names of all that it has.
    var life: UInt64
    /// Which commit made it: a number of the store's opening, and of the commit. By it a commit is recognised whose
    /// answer was lost.
    var token: Token
    var log: [UInt8]
    var position: UInt64
    var epoch: UInt64
    /// The number of its description, see `RedisDescription`.
    var description: UInt64
    /// The number of the sorted part; 0: there is none.
    var base: UInt64
    /// How many rows the sorted part has.
    var rows: UInt64
    var baseBytes: UInt64
    /// The numbers of the entries that came since the sorted part was made.
    var entries: Range<UInt64>
    var entryBytes: UInt64

    struct Token: Sendable, Equatable {
        let opening: UInt64
        let change: UInt64
    }

    /// A head with nothing.
    init(life: UInt64) {
        self.life = life
        token = Token(opening: 0, change: 0)
        log = []
        position = 0
        epoch = 0
        description = 0
        base = 0
        rows = 0
        baseBytes = 0
        entries = 1..<1
        entryBytes = 0
    }

    private static let magic = Array("LKRH".utf8)

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(100 + log.count)
        bytes += Self.magic
        for number in [
            life, token.opening, token.change, position, epoch, description, base, rows, baseBytes, entries.lowerBound,
            entries.upperBound, entryBytes,
        ] { bytes.append(littleEndian: number) }
        bytes += log
        return bytes
    }

    /// Nil if the bytes are no head.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 100, bytes.starts(with: Self.magic) else { return nil }
        let numbers = (0..<12).map { bytes.unsigned(at: 4 + 8 * $0) }
        guard numbers[9] <= numbers[10] else { return nil }
        life = numbers[0]
        token = Token(opening: numbers[1], change: numbers[2])
        position = numbers[3]
        epoch = numbers[4]
        description = numbers[5]
        base = numbers[6]
        rows = numbers[7]
        baseBytes = numbers[8]
        entries = numbers[9]..<numbers[10]
        entryBytes = numbers[11]
        log = Array(bytes[100...])
    }

    // MARK: Names

    func descriptionName() -> String { "about:\(description)" }
    func baseName() -> String { "base:\(base)" }
    func rowName(_ row: Int) -> String { "base:\(base):\(row)" }
    static func entryName(_ number: UInt64) -> String { "entry:\(number)" }

    /// Of the sorted part.
    var baseNames: [String] { base == 0 ? [] : [baseName()] + (0..<Int(rows)).map(rowName) }

    /// Of all that it has.
    var names: [String] {
        (description == 0 ? [] : [descriptionName()]) + baseNames + entries.map(Self.entryName)
    }

    /// Whether the entries should be merged into the sorted part: they hold old versions, and all of them are read when
    /// anything is.
    var wantsMerge: Bool { entryBytes > 3 * baseBytes + (512 << 10) || entries.count > 1024 }

    /// Whether nothing may be added before that is done, so that a slow merge can't let a server's memory overflow.
    var needsMerge: Bool { entryBytes > 12 * baseBytes + (64 << 20) || entries.count > 8192 }
}

/// What changes seldom: the plugin's components here, in the order in which they came, and the checkpoint's summary.
struct RedisDescription: Codable, Sendable, Equatable {
    struct Pile: Codable, Sendable, Equatable {
        var name: String
        var incarnation: Int
        var fields: [String]
        var spread: Bool
        var external: Bool

        init(_ component: StateComponent, external: Bool) {
            name = component.name
            incarnation = component.incarnation
            fields = component.fields
            spread = component.spread
            self.external = external
        }

        func component(_ plugin: String) -> StateComponent {
            StateComponent(plugin: plugin, name: name, incarnation: incarnation, fields: fields, spread: spread)
        }
    }

    var piles: [Pile] = []
    var summary: [UInt8] = []

    /// The index of a block's pile, which is made if there is none. Throws `badBlock` if its keys have other parts than
    /// those of its pile.
    mutating func pile(of block: StateBlock, plugin: String) throws -> Int {
        for (index, pile) in piles.enumerated()
        where pile.incarnation == block.incarnation && pile.external == block.external && pile.name == block.component {
            if pile.fields != block.fields || pile.spread != block.spread {
                try pile.component(plugin).checkSame(StateComponent(plugin: plugin, block: block))
            }
            return index
        }
        piles.append(Pile(StateComponent(plugin: plugin, block: block), external: block.external))
        return piles.count - 1
    }
}

extension [UInt8] {
    mutating func append(littleEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { self += $0 }
    }

    func unsigned(at offset: Int) -> UInt64 {
        withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    }
}
