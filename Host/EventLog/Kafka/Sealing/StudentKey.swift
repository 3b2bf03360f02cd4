/// A key of AES-256, with which what one actor sends is sealed. A secret: never printed.
package struct StudentKey: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    private var words: (UInt64, UInt64, UInt64, UInt64)

    /// A new one, from the system's source of randomness.
    package static func random() -> StudentKey {
        var source = SystemRandomNumberGenerator()
        return StudentKey(words: (source.next(), source.next(), source.next(), source.next()))
    }

    private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// Nil if the text is not 64 hexadecimal digits.
    package init?(hexadecimal text: some StringProtocol) {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 64, text.utf8.count == digits.count else { return nil }
        words = (0, 0, 0, 0)
        Swift.withUnsafeMutableBytes(of: &words) { bytes in
            for index in bytes.indices { bytes[index] = UInt8(digits[2 * index] << 4 | digits[2 * index + 1]) }
        }
    }

    package static func == (one: StudentKey, other: StudentKey) -> Bool { one.words == other.words }

    /// For the store that keeps it, and for nobody else.
    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Swift.withUnsafeBytes(of: words, body)
    }

    package var description: String { "a student's key" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// What a store has of an actor's key.
package enum StoredKey: Sendable, Equatable {
    case key(StudentKey)
    /// It was there, and what it sealed is to be read by nobody any more. Stays for good, so that no key of the actor's is
    /// made again, and that a key which was lost is not taken for one that was destroyed.
    case destroyed
}

/// Where the keys of students are kept, by the pseudonyms of actors: a student has one of each name that records may have
/// of the student.
///
/// Any thread. The methods block. What they throw means that the store can't be asked now, and is asked again later; but
/// for a `LogError`, which ends the log.
package protocol StudentKeyStore: Sendable {
    /// What messages call it.
    var name: String { get }

    /// What is stored for these actors, in their order; nil: nothing.
    func find(_ actors: [UInt64]) throws -> [StoredKey?]

    /// Stores the keys of the actors for which nothing is stored. On return they are stored, or others.
    func insert(_ keys: [(actor: UInt64, key: StudentKey)]) throws

    /// The actors of all students who were erased.
    func erased() throws -> Set<UInt64>
}
