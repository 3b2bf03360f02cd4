import CRecords
import Testing

@Suite struct `Hashes whose values are stored` {
    @Test(arguments: [
        ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
    ])
    func `murmur2 gives what Kafka's clients give`(text: String, expected: Int32) {
        #expect(Int32(bitPattern: lectern_murmur2(Array(text.utf8), text.utf8.count)) == expected)
    }

    @Test func `SipHash-2-4 gives the value of its authors' test`() {
        let key = Array(UInt8(0)..<16)
        #expect(lectern_siphash(key, Array(0..<15), 15) == 0xa129_ca61_49be_45e5)
    }

    @Test func `a canonical UUID is its own bits`() {
        var high: UInt64 = 0
        var low: UInt64 = 0
        let text = "00112233-4455-6677-8899-aabbccddeeff"
        #expect(lectern_uuid(Array(text.utf8), 36, &high, &low) == 1)
        #expect(high == 0x0011_2233_4455_6677 && low == 0x8899_aabb_ccdd_eeff)
    }

    @Test(arguments: [
        "00112233-4455-6677-8899-AABBCCDDEEFF", "00112233-4455-6677-8899-aabbccddeefg",
        "00112233445566778899aabbccddeeff0000", "00112233-4455-6677-8899-aabbccddeef",
    ])
    func `what is no canonical UUID is none`(text: String) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        #expect(lectern_uuid(Array(text.utf8), text.utf8.count, &high, &low) == 0)
    }
}
