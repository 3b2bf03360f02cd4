import KeyValueStore
import PluginHost
import Records

extension StateBlock {
    /// Checks, before it is stored, that the bytes are entries: as many as there should be, each with a key and a value that are CBOR.
    func check() throws(MalformedMessage) {
        let problem: String? = bytes.withUnsafeBytes { bytes in
            var at = 0, found = 0
            while at < bytes.count {
                guard bytes.count - at >= 8 else { return "is cut after \(found) states" }
                let key = Int(bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
                let value = bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)
                at += 8
                let length = value == StateBlock.deleted ? 0 : Int(value)
                guard bytes.count - at >= key + length else { return "is cut after \(found) states" }
                guard KeyBytes.isKey(UnsafeRawBufferPointer(rebasing: bytes[at..<at + key]), parts: fields.count) else {
                    return "has a key of other parts than the reducer's"
                }
                at += key
                guard
                    value == StateBlock.deleted
                        || CBOR.isItem(UnsafeRawBufferPointer(rebasing: bytes[at..<at + length]))
                else { return "has a state that is not one CBOR item" }
                at += length
                found += 1
            }
            return found == count ? nil : "has \(found) states and says \(count)"
        }
        if let problem { throw MalformedMessage("a block of \(component) that \(problem)") }
    }
}
