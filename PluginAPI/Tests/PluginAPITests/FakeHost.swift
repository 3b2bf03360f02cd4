import CPluginAPI
import PluginAPI

/// Plays the host: loads a plugin through its C tables, as the host does, and keeps what it says.
final class FakeHost {
    private(set) var failures: [String] = []
    private(set) var messages: [String] = []
    private(set) var plugin = lectern_plugin()
    private let host = UnsafeMutablePointer<lectern_host>.allocate(capacity: 1)

    init() {
        host.initialize(to: lectern_host())
        host.pointee.size = UInt32(MemoryLayout<lectern_host>.size)
        host.pointee.context = Unmanaged.passUnretained(self).toOpaque()
        host.pointee.fail = { host, text in FakeHost.of(host).failures.append(string(text)) }
        host.pointee.log = { host, _, text in FakeHost.of(host).messages.append(string(text)) }
    }

    deinit { host.deallocate() }

    private static func of(_ host: UnsafePointer<lectern_host>?) -> FakeHost {
        Unmanaged<FakeHost>.fromOpaque(host!.pointee.context).takeUnretainedValue()
    }

    func create<P: Plugin>(_ type: P.Type, _ settings: String = "{}") -> PluginStatus {
        plugin.size = UInt32(MemoryLayout<lectern_plugin>.size)
        var settings = settings
        return settings.withUTF8 { bytes in
            let text = lectern_text(
                start: UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self),
                length: UInt64(bytes.count))
            return P.create(host, text, &plugin)
        }
    }

    func table<Table>(_ id: String, as type: Table.Type) -> Table? {
        var id = id
        return id.withUTF8 { bytes in
            let text = lectern_text(
                start: UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self),
                length: UInt64(bytes.count))
            return plugin.extension(plugin.context, text)?.load(as: Table.self)
        }
    }

    var reducers: [lectern_reducer] {
        guard let table = table(LECTERN_REDUCERS, as: lectern_reducers.self) else { return [] }
        return (0..<Int(table.reducer_count)).map { table.reducers[$0]!.pointee }
    }

    var inputs: [lectern_input] {
        guard let table = table(LECTERN_REDUCERS, as: lectern_reducers.self) else { return [] }
        return (0..<Int(table.input_count)).map { table.inputs[$0]!.pointee }
    }
}

func string(_ text: lectern_text) -> String {
    String(decoding: UnsafeRawBufferPointer(start: text.start, count: Int(text.length)), as: UTF8.self)
}

/// Text that stays: tests are short.
func text(_ string: String) -> lectern_text {
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(string.utf8.count, 1))
    _ = bytes.initialize(from: string.utf8)
    return lectern_text(
        start: UnsafeRawPointer(bytes.baseAddress!).assumingMemoryBound(to: CChar.self),
        length: UInt64(string.utf8.count))
}

func value(_ string: String) -> lectern_value {
    var value = lectern_value()
    value.tag = LECTERN_TEXT
    value.length = UInt32(string.utf8.count)
    value.as.text = text(string).start
    return value
}

func value(_ number: Double) -> lectern_value {
    var value = lectern_value()
    value.tag = LECTERN_NUMBER
    value.as.number = number
    return value
}

func value(_ integer: Int) -> lectern_value {
    var value = lectern_value()
    value.tag = LECTERN_INTEGER
    value.as.integer = Int64(integer)
    return value
}

/// What a plugin writes.
final class Output {
    var bytes: [UInt8] = []
    var writer: lectern_writer {
        lectern_writer(
            size: UInt32(MemoryLayout<lectern_writer>.size), flags: 0,
            context: Unmanaged.passUnretained(self).toOpaque(),
            write: { context, bytes, length in
                let output = Unmanaged<Output>.fromOpaque(context!).takeUnretainedValue()
                output.bytes += UnsafeRawBufferPointer(start: bytes, count: Int(length))
            })
    }
}
