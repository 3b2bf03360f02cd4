/// What a compiler says that is wrong, a line each.
enum CompilerMessages {
    /// How many are shown; most of those that follow are caused by the first.
    private static let limit = 12

    /// The errors as `FILE:LINE:COLUMN: MESSAGE`, files as they are called in the package.
    ///
    /// - Parameters:
    ///   - output: what `swift build` has printed.
    ///   - folder: the package's.
    static func errors(in output: String, of folder: String) -> [String] {
        var errors: [String] = []
        var others: [String] = []
        let prefixes = [Folder.real(folder), folder].map { $0 + "/" }
        for line in output.split(separator: "\n") {
            let text = plain(line)
            guard let mark = text.firstRange(of: "error: ") else { continue }
            let place = text[..<mark.lowerBound]
            let message = text[mark.upperBound...]
            if place.isEmpty {
                // What the build says of a compiler that has said it all.
                if message == "fatalError" || message.contains("emit-module command failed") { continue }
                others.append(String(message))
            } else if place.hasSuffix(": "), place.dropLast(2).contains(":") {
                let prefix = prefixes.first { place.hasPrefix($0) } ?? ""
                errors.append("\(place.dropFirst(prefix.count))\(message)")
            } else if place.first != " " {
                others.append(text)
            }
        }
        let found = unique(errors.isEmpty ? others : errors)
        if found.isEmpty { return output.split(separator: "\n").suffix(limit).map { plain($0) } }
        return found.count <= limit ? found : found.prefix(limit) + ["and \(found.count - limit) more"]
    }

    private static func unique(_ lines: [String]) -> [String] {
        var seen: Set<String> = []
        return lines.filter { seen.insert($0).inserted }
    }

    /// Without colours.
    private static func plain(_ line: Substring) -> String {
        guard line.contains("\u{1b}") else { return String(line) }
        var text = ""
        var isCode = false
        for character in line {
            if character == "\u{1b}" { isCode = true } else if !isCode { text.append(character) }
            if isCode, character.isLetter { isCode = false }
        }
        return text
    }
}
