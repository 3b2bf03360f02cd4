import Glibc
import HTTPTypes
import Hummingbird
import Records

/// The files that pages load: read once, at the start.
package struct AssetFolder: Sendable {
    struct Asset: Sendable {
        let body: ByteBuffer
        let type: String
        /// Of its bytes: part of its address, so that browsers may keep it for ever.
        let tag: String
    }

    private let assets: [String: Asset]
    /// Chart.js was found; without it the pages show tables only.
    package let hasCharts: Bool

    private static let types = [
        "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
    ]
    private static let charts = "chart.js"

    /// Reads the folder that the settings name, else the first that there is of: `../share/web` seen from the
    /// executable (an installed host), `Host/Web/Assets` in one of the folders above it (a build in its repository).
    ///
    /// - Throws: `AssetError`, which lists where it looked.
    package static func open(_ setting: String = "") throws(AssetError) -> AssetFolder {
        let candidates = setting.isEmpty ? Self.candidates : [setting]
        guard let folder = candidates.first(where: { access("\($0)/style.css", R_OK) == 0 }) else {
            throw AssetError(
                "no web assets: no style.css in \(candidates.joined(separator: ", ")); set web.assets to their folder")
        }
        return AssetFolder(folder: folder)
    }

    private init(folder: String) {
        var assets: [String: Asset] = [:]
        for name in Self.names(in: folder) {
            guard let type = Self.types[Self.suffix(name)], let bytes = readFile("\(folder)/\(name)") else { continue }
            assets[name] = Asset(bytes, type: type)
        }
        // Debian's libjs-chart.js, unless the folder brings its own.
        if assets[Self.charts] == nil, let bytes = readFile("/usr/share/javascript/chart.js/chart.min.js") {
            assets[Self.charts] = Asset(bytes, type: Self.types["js"]!)
        }
        hasCharts = assets[Self.charts] != nil
        self.assets = assets
    }

    /// The address of an asset by its name.
    func address(_ name: String) -> String {
        assets[name].map { "/assets/\(name)?\($0.tag)" } ?? "/assets/\(name)"
    }

    func response(_ name: String, request: Request) throws -> Response {
        guard let asset = assets[name] else { throw WebError.notFound("There is no asset \(name).") }
        let lifetime = request.uri.query == asset.tag ? "max-age=31536000, immutable" : "no-cache"
        var headers: HTTPFields = [.cacheControl: lifetime, .eTag: "\"\(asset.tag)\"", .contentType: asset.type]
        if request.headers[.ifNoneMatch] == "\"\(asset.tag)\"" {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: asset.body))
    }

    private static var candidates: [String] {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &path, path.count)
        guard count > 0 else { return [] }
        var folders = path[..<count].map { UInt8(bitPattern: $0) }.split(separator: UInt8(ascii: "/"))
            .map { String(decoding: $0, as: UTF8.self) }
        folders.removeLast()
        var candidates: [String] = []
        if !folders.isEmpty { candidates.append("/" + (folders.dropLast() + ["share/web"]).joined(separator: "/")) }
        while !folders.isEmpty {
            candidates.append("/" + (folders + ["Host/Web/Assets"]).joined(separator: "/"))
            folders.removeLast()
        }
        return candidates
    }

    private static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private static func suffix(_ name: String) -> String {
        name.split(separator: ".").last.map(String.init) ?? ""
    }
}

extension AssetFolder.Asset {
    fileprivate init(_ bytes: [UInt8], type: String) {
        body = ByteBuffer(bytes: bytes)
        self.type = type
        tag = String(bytes.withUnsafeBytes { SHA256.hexadecimal(of: $0) }.prefix(12))
    }
}

private func readFile(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    return ferror(file) == 0 ? bytes : nil
}

package struct AssetError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
