import CPluginAPI
import CRecords
import PluginHost

/// A state that its plugin could not write. It is not stored, so folding stops: what a checkpoint left out would be lost.
package struct StateEncodingError: Error, CustomStringConvertible {
    package let plugin: String
    package let reducer: String
    /// The key's text. In a host that runs it names the actor by the pseudonym.
    package let key: String
    package let reason: String

    package var description: String {
        "plugin \(plugin), reducer \(reducer), key \(key): expected the state as one CBOR item, found \(reason); "
            + "nothing of it was stored: correct the plugin and start again"
    }
}

extension Plugin {
    /// `lectern_reducer.encode` or `external`.
    typealias Encode =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafeRawPointer?, UnsafePointer<lectern_writer>?
        ) -> lectern_status

    /// Appends what the plugin writes of a state. Returns nil, or why it could not: then the buffer is as it was.
    @inline(__always)
    func encode(
        _ state: UnsafeRawPointer, by function: Encode, _ context: UnsafeMutableRawPointer?,
        to bytes: UnsafeMutablePointer<lectern_bytes>
    ) -> String? {
        write(to: bytes) { function(context, state, $0) }
    }

    /// Appends one item that a call of the plugin writes. Returns nil, or why there is none.
    @inline(__always)
    func write(
        to bytes: UnsafeMutablePointer<lectern_bytes>, _ call: (UnsafePointer<lectern_writer>) -> lectern_status
    ) -> String? {
        let start = bytes.pointee.count
        var writer = lectern_writer.into(bytes)
        let status = call(&writer)
        if status == LECTERN_OK && bytes.pointee.count > start { return nil }
        bytes.pointee.count = start
        return encodingFailure(status)
    }

    @inline(never)
    private func encodingFailure(_ status: lectern_status) -> String {
        if status == LECTERN_OK { return "no byte, with the status OK" }
        return takeReason().map { "a failure: \($0)" } ?? "a failure (status \(status)) without a reason"
    }
}

extension lectern_writer {
    /// A writer that appends to a buffer, which must outlive it.
    static func into(_ bytes: UnsafeMutablePointer<lectern_bytes>) -> lectern_writer {
        lectern_writer(
            size: UInt32(MemoryLayout<lectern_writer>.size), flags: 0, context: bytes,
            write: { context, start, length in
                lectern_bytes_append(context!.assumingMemoryBound(to: lectern_bytes.self), start, Int(length))
            })
    }
}
