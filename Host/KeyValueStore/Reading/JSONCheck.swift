import Foundation

extension StoreEntry {
    /// Throws if the entry may not be set by hand: a state's key, or a value that is no JSON text.
    func check() throws {
        if StateKey(key) != nil { throw StoreError.stateKey(key) }
        do {
            _ = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
        } catch {
            throw StoreError.notJSON(key: key)
        }
    }
}
