public import CPluginAPI

public typealias HostPointer = UnsafePointer<lectern_host>?
public typealias SettingsText = lectern_text
public typealias PluginPointer = UnsafeMutablePointer<lectern_plugin>?
public typealias PluginStatus = lectern_status

extension Plugin {
    /// The plugin's `lectern_entry.create`: makes an instance with these settings, or tells the host what is wrong.
    public static func create(_ host: HostPointer, _ settings: SettingsText, _ plugin: PluginPointer) -> PluginStatus {
        let host = HostConnection(host!)
        return host.status(LECTERN_FAILED) {
            let settings = try SettingsReading.read(Settings.self, from: Text(settings))
            let instance = try PluginInstance(Self(settings: settings).components, host: host)
            plugin!.pointee.context = Unmanaged.passRetained(instance).toOpaque()
            plugin!.pointee.extension = { context, id in
                Unmanaged<PluginInstance>.fromOpaque(context!)._withUnsafeGuaranteedRef { $0.table(of: Text(id)) }
            }
            plugin!.pointee.destroy = { context in Unmanaged<PluginInstance>.fromOpaque(context!).release() }
        }
    }
}

/// What a plugin may say to the host, from any thread.
struct HostConnection {
    private let host: UnsafePointer<lectern_host>

    init(_ host: UnsafePointer<lectern_host>) { self.host = host }

    /// Says why the call that is going on fails.
    func fail(_ reason: String) {
        var reason = reason
        reason.withUTF8 { host.pointee.fail?(host, lectern_text($0)) }
    }

    /// OK, or `failure` with the reason given to the host.
    func status(_ failure: lectern_status, _ body: () throws -> Void) -> lectern_status {
        do {
            try body()
            return LECTERN_OK
        } catch {
            fail(explain(error))
            return failure
        }
    }
}

/// An error in words: for those of `Codable`, the place and what is wrong there.
func explain(_ error: any Error) -> String {
    func place(_ path: [any CodingKey]) -> String {
        path.isEmpty ? "" : path.map(\.stringValue).joined(separator: ".") + ": "
    }
    if case .invalidValue(_, let context) = error as? EncodingError {
        return place(context.codingPath) + context.debugDescription
    }
    return switch error as? DecodingError {
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
        place(context.codingPath) + context.debugDescription
    case .keyNotFound(let key, let context): place(context.codingPath + [key]) + context.debugDescription
    default: "\(error)"
    }
}
