/// Reads a plugin's settings: JSON over the defaults, every key known.
enum SettingsReading {
    static func read<Settings: PluginSettings>(_ type: Settings.Type, from json: Text) throws -> Settings {
        let encoder = StateEncoder()
        try encoder.encodeValue(Settings())
        var given = StateWriter()
        do {
            var reader = JSONReader(json)
            try reader.transcode(to: &given)
            try reader.end()
        } catch {
            throw SettingsError("(all)", expected: "a JSON object", found: "\(error)")
        }

        var merged = StateWriter()
        try encoder.writer.withBytes { defaults in
            try given.withBytes { given in
                guard StateReader(given).nextIsMap else {
                    throw SettingsError("(all)", expected: "a JSON object", found: json.prefix(60).string)
                }
                try overlay(StateReader(given), on: StateReader(defaults), into: &merged)
            }
        }
        return try merged.withBytes { bytes in
            let requests = DecodingRequests()
            let settings: Settings
            do {
                settings = try StateDecoder(StateReader(bytes), requests: requests).decodeValue(Settings.self)
            } catch {
                throw PlainError("setting \(explain(error))")
            }
            if let (key, known) = requests.unknown().first {
                let known = known.isEmpty ? "no settings" : "one of " + known.joined(separator: ", ")
                throw SettingsError(key, expected: known, found: "an unknown setting")
            }
            return settings
        }
    }

    /// Writes `given`, and where both are maps what it lacks of `defaults`.
    private static func overlay(_ given: StateReader, on defaults: StateReader, into writer: inout StateWriter) throws {
        guard given.nextIsMap, defaults.nextIsMap else { return copy(given, into: &writer) }
        var (first, second) = (given, defaults)
        let (given, defaults) = (try first.map(), try second.map())
        try writer.map { map in
            try given.forEach { key, value in
                let name = try key.text()
                map.key(name)
                if let present = defaults.find(name) {
                    try overlay(value, on: present, into: &map)
                } else {
                    copy(value, into: &map)
                }
            }
            try defaults.forEach { key, value in
                let name = try key.text()
                guard given.find(name) == nil else { return }
                map.key(name)
                copy(value, into: &map)
            }
        }
    }

    private static func copy(_ item: StateReader, into writer: inout StateWriter) {
        var end = item
        end.skipKnown()
        writer.append(UnsafeRawBufferPointer(start: item.position, count: end.position - item.position))
    }
}

extension StateReader {
    var nextIsMap: Bool {
        var reader = self
        return (try? reader.head().major) == 5
    }
}

/// An error that is its text.
struct PlainError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
