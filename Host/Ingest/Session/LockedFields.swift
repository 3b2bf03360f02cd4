import CPluginAPI
import FoundationEssentials
import Records

/// The fields that a client has locked on its connection, and what they mean for the envelope of each of its events:
/// a locked member replaces the event's own member of that name. Immutable: locking more makes a new one.
final class LockedFields {
    private struct Member {
        /// As JSON, quotes included.
        var name: [UInt8]
        var value: [UInt8]
    }

    /// Nothing is locked.
    static func none() -> LockedFields { LockedFields(members: []) }

    /// What the client has locked on an earlier connection: an object as `json` of that time.
    static func restored(_ json: [UInt8], _ workspace: IngestWorkspace) -> LockedFields {
        json.withUnsafeBytes { none().locking($0, workspace, isRestored: true) }
    }

    private let members: [Member]
    /// They come from an earlier connection.
    let isRestored: Bool
    /// One JSON object.
    let json: [UInt8]
    /// The same, with what the parser needs behind it.
    private let padded: [UInt8]
    private var overrides: [(slot: Int, value: lectern_value)] = []
    private var texts: [UnsafeMutableRawBufferPointer] = []

    var isEmpty: Bool { members.isEmpty }

    private init(members: [Member], isRestored: Bool = false) {
        self.members = members
        self.isRestored = isRestored
        var json = Array("{".utf8)
        for (index, member) in members.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            json += member.name + [UInt8(ascii: ":")] + member.value
        }
        self.json = json + [UInt8(ascii: "}")]
        padded = self.json + [UInt8](repeating: 0, count: FieldExtractor.padding)
    }

    deinit {
        for text in texts { text.deallocate() }
    }

    /// Calls with the JSON object, readable FieldExtractor.padding bytes further.
    func withPaddedJSON<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
        padded.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<json.count])) }
    }

    /// Sets the locked values in an event's row.
    @inline(__always)
    func apply(to row: UnsafeMutablePointer<lectern_value>) {
        for override in overrides { row[override.slot] = override.value }
    }

    /// These fields and those of `object`, which win. `auth` and `server` are the host's to set, what an event is called is
    /// each event's own, and a token is nobody's to keep: these are left out.
    func locking(
        _ object: UnsafeRawBufferPointer, _ workspace: IngestWorkspace, isRestored: Bool = false
    ) -> LockedFields {
        var merged = members
        var places = Dictionary(members.enumerated().map { ($1.name, $0) }) { first, _ in first }
        for member in JSONStructure.members(of: object) {
            let name = Self.plain(Array(object[member.name]))
            let value = Array(object[member.value])
            let known = places[name]
            if Self.unlockable.contains(name) || name == workspace.tokenMember { continue }
            if let known {
                merged[known].value = value
            } else {
                places[name] = merged.count
                merged.append(Member(name: name, value: value))
            }
        }
        let locked = LockedFields(members: merged, isRestored: isRestored)
        locked.prepare(workspace)
        return locked
    }

    /// A name as it is written without escapes that it does not need: `"\u0061uth"` is `"auth"`.
    private static func plain(_ name: [UInt8]) -> [UInt8] {
        guard name.contains(UInt8(ascii: "\\")),
            let text = try? JSONDecoder().decode(String.self, from: Data(name))
        else { return name }
        var plain = Bytes()
        plain.appendJSON(text)
        return Array(plain.contents)
    }

    private static let unlockable = ["auth", "server", "event", "event_type"].map { Array("\"\($0)\"".utf8) }

    /// Keeps the values of the envelope's slots that the locked members cover. A covered slot without a value is
    /// missing: a locked `metadata` without `ts` hides the event's `metadata.ts`.
    private func prepare(_ workspace: IngestWorkspace) {
        let values = workspace.extract(padding: json)
        for member in members {
            for slot in workspace.slots(ofMember: member.name) {
                var value = values[slot]
                if let text = value.text {
                    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(text.count, 1), alignment: 1)
                    copy.copyMemory(from: text)
                    texts.append(copy)
                    value.as.text = UnsafePointer(copy.baseAddress?.assumingMemoryBound(to: CChar.self))
                }
                overrides.append((slot, value))
            }
        }
    }
}
