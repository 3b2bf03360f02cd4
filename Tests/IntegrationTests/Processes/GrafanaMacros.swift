/// What Grafana makes of the macros and variables in a panel's SQL, for PostgreSQL.
struct GrafanaMacros {
    /// The time that a dashboard shows.
    var from = "2000-01-01T00:00:00Z"
    var to = "2100-01-01T00:00:00Z"
    var interval = "5m"
    /// The values of variables of a dashboard.
    var variables: [String: [String]] = [:]

    /// Throws if something is left over that looks like a macro or a variable.
    func expand(_ sql: String) throws -> String {
        var result = ""
        var rest = sql[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw Failure("no } in \(sql)") }
                result += try variable(String(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...]
                continue
            }
            let name = rest.prefix { $0 == "_" || $0.isLetter }
            rest = rest[name.endIndex...]
            var arguments: [String] = []
            if rest.first == "(" { arguments = try takeArguments(&rest) }
            result += try macro(String(name), arguments)
        }
        return result + rest
    }

    private func variable(_ text: String) throws -> String {
        let parts = text.split(separator: ":")
        guard parts.count == 2, parts[1] == "sqlstring", let values = variables[String(parts[0])] else {
            throw Failure("${\(text)}: expected a variable of the dashboard with the format sqlstring")
        }
        return values.map { "'\($0.replacing("'", with: "''"))'" }.joined(separator: ",")
    }

    private func macro(_ name: String, _ arguments: [String]) throws -> String {
        switch (name, arguments.count) {
        case ("__timeFilter", 1): return "\(arguments[0]) BETWEEN '\(from)' AND '\(to)'"
        case ("__timeFrom", 0): return "'\(from)'"
        case ("__timeTo", 0): return "'\(to)'"
        case ("__interval", 0): return interval
        case ("__timeGroup", 2), ("__timeGroupAlias", 2):
            let seconds = try Self.seconds(try expand(arguments[1]))
            let group = "floor(extract(epoch from \(arguments[0]))/\(seconds))*\(seconds)"
            return name.hasSuffix("Alias") ? "\(group) AS \"time\"" : group
        default: throw Failure("$\(name) with \(arguments.count) arguments: no macro of Grafana that is known here")
        }
    }

    /// The arguments of a macro, up to the parenthesis that belongs to its first one.
    private func takeArguments(_ rest: inout Substring) throws -> [String] {
        var arguments = [""]
        var depth = 0
        while let character = rest.popFirst() {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if depth == 0 { return arguments[0].isEmpty ? [] : arguments }
            if character == "(", depth == 1 { continue }
            if character == ",", depth == 1 {
                arguments.append("")
            } else if !(character == " " && arguments[arguments.count - 1].isEmpty) {
                arguments[arguments.count - 1].append(character)
            }
        }
        throw Failure("no ) at the end")
    }

    private static func seconds(_ text: String) throws -> Int {
        let plain = text.replacing("'", with: "")
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = plain.last.flatMap({ units[$0] }), let number = Int(plain.dropLast()) else {
            throw Failure("\(text): no length of time")
        }
        return number * unit
    }
}
