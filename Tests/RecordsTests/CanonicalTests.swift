import Records
import Testing

@Suite struct `Core deterministic CBOR` {
    @Test(
        arguments: [
            [0x00], [0x17], [0x18, 0x18], [0x19, 0x01, 0x00], [0x1a, 0x00, 0x01, 0x00, 0x00], [0x20], [0x38, 0x18],
            [0x40], [0x61, 0x61], [0x63, 0xe2, 0x82, 0xac], [0x80], [0x82, 0x01, 0xf6], [0xa0],
            [0xa2, 0x01, 0x02, 0x61, 0x61, 0x80], [0xf4], [0xf5], [0xf6], [0xf9, 0x7e, 0x00], [0xf9, 0x3c, 0x00],
            [0xf9, 0x00, 0x01], [0xf9, 0x7c, 0x00], [0xfa, 0x47, 0xc3, 0x50, 0x00], [0xfa, 0x33, 0x00, 0x00, 0x00],
            [0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a], [0xc2, 0x41, 0x01],
        ] as [[UInt8]])
    func `is taken`(item: [UInt8]) {
        #expect(CBOR.canonicalProblem(in: item) == nil)
    }

    @Test(
        arguments: [
            ([], "byte 0: expected an item, found the end"),
            ([0x00, 0x00], "byte 1: expected the end, found 1 bytes more"),
            ([0x18, 0x17], "byte 0: expected a length or integer in 0 bytes, found the same in 1"),
            ([0x19, 0x00, 0xff], "byte 0: expected a length or integer in 1 bytes, found the same in 2"),
            ([0x19, 0x01], "byte 0: expected 2 bytes more, found the end"),
            ([0x62, 0x61], "byte 0: expected 2 bytes of a text, found 1"),
            ([0x61, 0xff], "byte 0: expected a text in UTF-8, found other bytes"),
            ([0x5f, 0xff], "byte 0: expected a definite length, found the byte 95"),
            (
                [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                "byte 0: expected 18446744073709551615 items, found 0 bytes"
            ),
            (
                [0xa2, 0x61, 0x61, 0x00, 0x01, 0x00],
                "byte 4: expected map keys in the order of their bytes, each once, "
                    + "found a key that belongs before the last one"
            ),
            (
                [0xa2, 0x01, 0x00, 0x01, 0x00],
                "byte 3: expected map keys in the order of their bytes, each once, found a key twice"
            ),
            ([0xf8, 0x18], "byte 0: expected false, true, null or a number, found a simple value of 1 byte"),
            ([0xfa, 0x3f, 0x80, 0x00, 0x00], "byte 0: expected a number in 2 bytes, found the same in 4"),
            ([0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0], "byte 0: expected a number in 2 bytes, found the same in 8"),
            ([0xfb, 0x40, 0xf8, 0x6a, 0, 0, 0, 0, 0], "byte 0: expected a number in 4 bytes, found the same in 8"),
            ([0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0], "byte 0: expected a number in 2 bytes, found the same in 8"),
            ([0xf9, 0x7e, 0x01], "byte 0: expected not-a-number as 7e00, found another form of it"),
        ] as [([UInt8], String)])
    func `says what else it found`(item: [UInt8], problem: String) {
        #expect(CBOR.canonicalProblem(in: item) == problem)
    }
}
