import Foundation

/// Searches all files of a folder for an id, however it may be written there.
struct IdentitySearch {
    private let patterns: [(form: String, bytes: Data)]

    init(_ id: String) {
        var patterns: [(String, Data)] = []
        func add(_ form: String, _ text: String) { patterns.append((form, Data(text.utf8))) }
        add("raw", id)
        let percent = Self.percentEncoded(id)
        add("percent-encoded", percent)
        add("percent-encoded, lower case", Self.lowerCase(percent))
        add("form-encoded", percent.replacingOccurrences(of: "%20", with: "+"))
        add("twice percent-encoded", percent.replacingOccurrences(of: "%", with: "%25"))
        let plain = id.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
        add("JSON", plain)
        let escaped = plain.unicodeScalars.map {
            $0.isASCII ? String($0) : $0.utf16.map { String(format: "\\u%04x", $0) }.joined()
        }.joined()
        add("JSON, ASCII", escaped)
        add(
            "JSON in JSON",
            escaped.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\""))
        for lead in 0..<3 {
            // What depends on the id's bytes alone, whatever stands before and behind it.
            let encoded = (Data(repeating: 0, count: lead) + Data(id.utf8)).base64EncodedString()
            let first = (lead * 8 + 5) / 6
            let end = (lead + id.utf8.count) * 8 / 6
            add("Base64 at \(lead)", String(Array(encoded)[first..<end]))
        }
        self.patterns = patterns
    }

    static func percentEncoded(_ id: String) -> String {
        let unreserved = CharacterSet(
            charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~@")
        return id.addingPercentEncoding(withAllowedCharacters: unreserved) ?? id
    }

    private static func lowerCase(_ text: String) -> String {
        var result = ""
        var escaped = 0
        for character in text {
            escaped = character == "%" ? 3 : max(0, escaped - 1)
            result += escaped > 0 ? character.lowercased() : String(character)
        }
        return result
    }

    /// `FORM in FILE` for each that is found.
    func hits(in folder: String) throws -> [String] {
        var hits: [String] = []
        for file in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() {
            var isFolder: ObjCBool = false
            let path = "\(folder)/\(file)"
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
            for pattern in patterns where Data(file.utf8).range(of: pattern.bytes) != nil {
                hits.append("\(pattern.form) in the name \(file)")
            }
            guard !isFolder.boolValue, !file.hasPrefix("generations/") else { continue }
            let bytes =
                file.hasSuffix(".zst")
                ? Data(try run("zstdcat", [path]).utf8) : try Data(contentsOf: URL(filePath: path))
            for pattern in patterns where bytes.range(of: pattern.bytes) != nil {
                hits.append("\(pattern.form) in \(file)")
            }
        }
        return hits
    }
}
