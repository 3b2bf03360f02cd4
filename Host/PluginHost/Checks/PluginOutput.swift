import CPluginAPI
import Records

/// What a function of a plugin writes, when it is called by a check.
enum PluginOutput {
    /// Nothing if it fails.
    static func bytes(_ body: (UnsafePointer<lectern_writer>) -> lectern_status) -> [UInt8] {
        final class Output { var bytes: [UInt8] = [] }
        let output = Output()
        var writer = lectern_writer(
            size: UInt32(MemoryLayout<lectern_writer>.size), flags: 0,
            context: Unmanaged.passUnretained(output).toOpaque(),
            write: { context, start, length in
                let output = Unmanaged<Output>.fromOpaque(context!).takeUnretainedValue()
                output.bytes += UnsafeRawBufferPointer(start: start, count: Int(length))
            })
        let status = withExtendedLifetime(output) { body(&writer) }
        return status == LECTERN_OK ? output.bytes : []
    }

    /// Bytes for people: as JSON if they can be read, else in hexadecimal; not too many.
    static func shown(_ bytes: [UInt8]) -> String {
        if bytes.isEmpty { return "no bytes" }
        let text = CBOR.json(of: bytes) ?? "bytes " + SHA256.hexadecimal(bytes.prefix(80))
        return text.count <= 160 ? text : "\(text.prefix(160))…"
    }
}
