import FoundationEssentials
import Glibc

/// The host that builds go to: a private one, or one that runs anyway.
enum DevTarget {
    case own(PrivateHost)
    /// - folder: where that host loads its plugins from.
    case running(OperatorClient, folder: String)

    var folder: String {
        switch self {
        case .own(let host): host.plugins
        case .running(_, let folder): folder
        }
    }

    func client() throws -> OperatorClient {
        switch self {
        case .own(let host): try host.client()
        case .running(let client, _): client
        }
    }

    var own: PrivateHost? {
        if case .own(let host) = self { host } else { nil }
    }
}

/// The libraries that were live last, kept so that one that fails can be replaced by the one before. Not thread-safe.
final class LastGoodBuilds {
    private let folder: String

    init() throws { folder = try Folder.temporary() }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Keeps what lies there now.
    func keep(_ name: String, from plugins: String) {
        let kept = "\(folder)/\(name).so"
        try? FileManager.default.removeItem(atPath: kept)
        try? FileManager.default.copyItem(atPath: "\(plugins)/\(name).so", toPath: kept)
    }

    /// Puts back what was kept, or takes away what lies there if nothing was. Returns whether something was.
    func putBack(_ name: String, to plugins: String) -> Bool {
        let path = "\(plugins)/\(name).so"
        let partial = "\(path).\(getpid())"
        do {
            try FileManager.default.copyItem(atPath: "\(folder)/\(name).so", toPath: partial)
            return rename(partial, path) == 0
        } catch {
            unlink(path)
            return false
        }
    }
}
