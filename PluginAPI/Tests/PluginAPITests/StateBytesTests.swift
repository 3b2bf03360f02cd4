import PluginAPI
import Testing

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

func hex(_ value: some Encodable) throws -> String { hex(try StateBytes.encode(value)) }

/// What comes back of a value that is stored and read again.
func stored<Value: Codable>(_ value: Value) throws -> Value {
    try StateBytes.decode(Value.self, from: try StateBytes.encode(value))
}

@Suite("Numbers in their stored form")
struct NumberCodingTests {
    // RFC 8949, appendix A.
    @Test(arguments: [
        (0, "00"), (1, "01"), (10, "0a"), (23, "17"), (24, "1818"), (25, "1819"), (100, "1864"), (1000, "1903e8"),
        (1_000_000, "1a000f4240"), (1_000_000_000_000, "1b000000e8d4a51000"), (-1, "20"), (-10, "29"), (-100, "3863"),
        (-1000, "3903e7"), (Int.min, "3b7fffffffffffffff"),
    ])
    func integers(value: Int, bytes: String) throws {
        #expect(try hex(value) == bytes)
        #expect(try stored(value) == value)
    }

    @Test(arguments: [
        (0.0, "f90000"), (-0.0, "f90000"), (1.0, "f93c00"), (1.1, "fb3ff199999999999a"), (1.5, "f93e00"),
        (65504.0, "f97bff"), (100000.0, "fa47c35000"), (3.4028234663852886e+38, "fa7f7fffff"),
        (1.0e+300, "fb7e37e43c8800759c"), (5.960464477539063e-8, "f90001"), (0.00006103515625, "f90400"),
        (-4.0, "f9c400"), (-4.1, "fbc010666666666666"), (.infinity, "f97c00"), (-.infinity, "f9fc00"), (.nan, "f97e00"),
        (5.960464477539063e-8 / 2, "fa33000000"), (0.000030517578125, "f90200"), (65505.0, "fa477fe100"),
    ])
    func doubles(value: Double, bytes: String) throws {
        #expect(try hex(value) == bytes)
        let back = try stored(value)
        #expect(back == value || (back.isNaN && value.isNaN))
    }

    @Test("every half-precision number comes back in three bytes")
    func halves() throws {
        for pattern in UInt16(0)...UInt16.max where pattern & 0x7c00 != 0x7c00 && pattern != 0x8000 {
            let bytes = [0xf9, UInt8(pattern >> 8), UInt8(pattern & 0xff)]
            let value = try StateBytes.decode(Double.self, from: bytes)
            #expect(try StateBytes.encode(value) == bytes)
        }
    }

    @Test(arguments: [
        (Int128(1) << 64, "c249010000000000000000"), (-(Int128(1) << 64) - 1, "c349010000000000000000"),
        (Int128(UInt64.max), "1bffffffffffffffff"), (-(Int128(1) << 64), "3bffffffffffffffff"), (Int128(-7), "26"),
    ])
    func wideIntegers(value: Int128, bytes: String) throws {
        #expect(try hex(value) == bytes)
        #expect(try stored(value) == value)
    }
}

@Suite("Values in their stored form")
struct ValueCodingTests {
    struct Lesson: Codable, Equatable {
        var title = "Stacks"
        var minutes: Int? = 5
        var ratio: Float = 0.5
        var steps: [Step] = [.read, .answer(score: 7, late: false)]
        var seen: Set<String> = ["b", "a", "ccc"]
        var scores: [String: Int] = ["z": 1, "aa": 2, "y": 3]
        var byDay: [Int: [String]] = [300: ["x"], -1: [], 2: ["y", "z"]]
        var mean = Mean()
        var last: Timestamp? = Timestamp(seconds: 1)
        var inner = Inner()
    }

    enum Step: Codable, Equatable {
        case read
        case answer(score: Int, late: Bool)
    }

    struct Inner: Codable, Equatable {
        var point: Point = Point(x: 1, y: -2)
        var flags: [Point: Bool] = [Point(x: 1, y: 2): true, Point(x: 0, y: 9): false]
        var matrix: [[Int8]] = [[1, 2], []]
        var nothing: String?
    }

    struct Point: Codable, Hashable {
        var x: Int
        var y: Int
    }

    @Test("plain Codable comes back as it was")
    func roundTrip() throws {
        var lesson = Lesson()
        lesson.mean.add(2.5)
        #expect(try stored(lesson) == lesson)
        lesson.minutes = nil
        lesson.seen = []
        lesson.byDay = [:]
        #expect(try stored(lesson) == lesson)
    }

    @Test("maps and sets are sorted by their encoded bytes")
    func order() throws {
        #expect(try hex(["z": 1, "aa": 2, "y": 3]) == "a3617903617a0162616102")
        #expect(try hex(Set(["b", "a", "ccc"])) == "836161616263636363")
        #expect(try hex([10: 1, 100: 2, -1: 3]) == "a30a011864022003")
        #expect(try hex(Point(x: 1, y: 2)) == "a2617801617902")
        #expect(
            try hex([Point(x: 1, y: 2): true, Point(x: 0, y: 9): false])
                == "8282a2617800617909f482a2617801617902f5")
    }

    @Test("equal values have equal bytes, however they came about")
    func canonical() throws {
        var grown: Set<Int> = []
        for number in 0..<1000 { grown.insert(number) }
        for number in 500..<1000 { grown.remove(number) }
        #expect(try StateBytes.encode(grown) == StateBytes.encode(Set(0..<500)))
        var counts: [String: Int] = [:]
        for number in (0..<500).reversed() { counts["\(number)"] = number }
        let same = Dictionary(uniqueKeysWithValues: (0..<500).map { ("\($0)", $0) })
        #expect(try StateBytes.encode(counts) == StateBytes.encode(same))
        #expect(try stored(counts) == counts)
    }

    @Test("states that are sets, dictionaries or numbers themselves")
    func topLevel() throws {
        #expect(try stored(Set(["x"])) == ["x"])
        #expect(try stored(["a": [1, 2]]) == ["a": [1, 2]])
        #expect(try stored([Int?.none, 3]) == [nil, 3])
        #expect(try stored(7) == 7)
        #expect(try hex([String: Int]()) == "a0")
    }

    @Test("an entry that is missing is nil where that is possible, and else an error with its place")
    func missing() throws {
        struct Old: Codable { var inner = OldInner() }
        struct OldInner: Codable { var a = 1 }
        struct New: Codable { var inner: NewInner }
        struct NewInner: Codable { var a: Int; var b: Int? }
        struct Wrong: Codable { var inner: WrongInner }
        struct WrongInner: Codable { var a: String }
        let bytes = try StateBytes.encode(Old())
        #expect(try StateBytes.decode(New.self, from: bytes).inner.b == nil)
        let error = #expect(throws: DecodingError.self) { try StateBytes.decode(Wrong.self, from: bytes) }
        guard case .dataCorrupted(let context) = error else { return #expect(Bool(false)) }
        #expect(context.codingPath.map(\.stringValue) == ["inner", "a"])
        #expect(context.debugDescription == "expected a text, found the integer 1")
    }

    @Test("bytes that were cut off, or go on, are refused")
    func damaged() throws {
        let bytes = try StateBytes.encode(Lesson())
        for length in 0..<bytes.count {
            #expect(throws: (any Error).self) { try StateBytes.decode(Lesson.self, from: Array(bytes[..<length])) }
        }
        #expect(throws: (any Error).self) { try StateBytes.decode(Lesson.self, from: bytes + [0]) }
    }

    @Test("no damage to stored bytes ends the process")
    func fuzzed() throws {
        var generator = SplitMix(state: 7)
        let bytes = try StateBytes.encode(Lesson())
        for _ in 0..<20_000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = try? StateBytes.decode(Lesson.self, from: damaged)
        }
    }
}

/// A generator with a seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
