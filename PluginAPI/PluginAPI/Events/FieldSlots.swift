public import CPluginAPI

/// Remembers which slot of a row holds the field of which name, by the address of the name's literal: finding a field
/// costs one multiplication and a comparison. Lives in the host's scratch memory of one input and shard, which is
/// zero at first and whenever the host's fields change.
@frozen
@usableFromInline
struct FieldSlots {
    @frozen
    @usableFromInline
    struct Entry {
        @usableFromInline var address: UInt
        @usableFromInline var slot: Int
    }

    /// The batch's fields.
    @usableFromInline var fields: UnsafePointer<lectern_fields>
    @usableFromInline var used: Int

    @usableFromInline static let capacity = 64
    @usableFromInline static let none = -1
    @usableFromInline static var size: Int {
        MemoryLayout<FieldSlots>.stride + capacity * MemoryLayout<Entry>.stride
    }
}

extension UnsafeMutablePointer<FieldSlots> {
    @inlinable
    var entries: UnsafeMutablePointer<FieldSlots.Entry> {
        UnsafeMutableRawPointer(self + 1).assumingMemoryBound(to: FieldSlots.Entry.self)
    }
}

extension Event {
    /// The field's value; its tag is LECTERN_MISSING if the event has no such field.
    @inlinable
    @inline(__always)
    func value(_ name: StaticString) -> lectern_value {
        let address = UInt(bitPattern: name.utf8Start)
        var index = Int(truncatingIfNeeded: (address &* 0x9E37_79B9_7F4A_7C15) >> 58)
        while true {
            let entry = slots.entries[index]
            if entry.address == address, entry.slot != FieldSlots.none { return record.pointee.values[entry.slot] }
            if entry.address == address || entry.address == 0 { return findValue(name, at: index) }
            index = (index + 1) & (FieldSlots.capacity - 1)
        }
    }

    /// A name's first look-up through this literal, or a field that has no slot yet: the host reads it from the event
    /// and gives it a slot from the next batch on.
    @usableFromInline
    @inline(never)
    func findValue(_ name: StaticString, at index: Int) -> lectern_value {
        let text = Text(name)
        let fields = slots.pointee.fields
        var slot = FieldSlots.none
        for item in UnsafeBufferPointer(start: fields.pointee.items, count: Int(fields.pointee.count))
        where Text(item.path) == text {
            slot = Int(item.slot)
            break
        }
        if slots.entries[index].address == 0, slots.pointee.used < FieldSlots.capacity / 2 {
            slots.entries[index] = FieldSlots.Entry(address: UInt(bitPattern: name.utf8Start), slot: slot)
            slots.pointee.used += 1
        }
        return slot == FieldSlots.none ? read(text) : record.pointee.values[slot]
    }

    /// The value of a field whose name is known only at run time. Slower than a literal's.
    @usableFromInline
    @inline(never)
    func value(named name: Text) -> lectern_value {
        let fields = slots.pointee.fields
        for item in UnsafeBufferPointer(start: fields.pointee.items, count: Int(fields.pointee.count))
        where Text(item.path) == name {
            return record.pointee.values[Int(item.slot)]
        }
        return read(name)
    }

    private func read(_ name: Text) -> lectern_value {
        var value = lectern_value()
        let fields = slots.pointee.fields
        fields.pointee.find?(fields.pointee.context, record, lectern_text(name), &value)
        return value
    }
}
