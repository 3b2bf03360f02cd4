import Foundation
package import Settings
import Synchronization

/// The section `filters`: rules, or the file that holds them.
package struct FilterConfiguration: Sendable {
    /// A file of rules, which the host follows; empty: the section holds them.
    package var file = ""
    /// What the section holds.
    package var rules = FilterRules()

    package init() {}

    package init(_ reader: SettingsReader) {
        file = reader.string("file", default: file)
        if !file.isEmpty, let other = ["mode", "steps", "rules", "presets"].first(where: reader.has) {
            reader.problem(
                other, found: "rules beside the file \(file)", expected: "either", remedy: "Move them into the file")
        }
        rules = FilterRules(reader)
    }
}

/// The filter rules of a host: those of the settings, or of a file, which is read again when it has changed. All members: any
/// thread.
package final class FilterSource: Sendable {
    private let file: String
    private let stamp: Mutex<FileStamp?>
    /// As of the start.
    package let rules: FilterRules

    /// - Throws: `SettingsError`, with each mistake and its place.
    package init(_ configuration: FilterConfiguration) throws {
        file = configuration.file
        stamp = Mutex(file.isEmpty ? nil : FileStamp(file))
        rules = file.isEmpty ? configuration.rules : try FilterRules(file: file)
    }

    /// The rules, if their file has changed since it was read last.
    ///
    /// - Throws: as `init`; not again until the file changes again.
    package func reload() throws -> FilterRules? {
        if file.isEmpty { return nil }
        let now = FileStamp(file)
        let hasChanged = stamp.withLock { stamp in
            defer { stamp = now }
            return stamp != now
        }
        return hasChanged ? try FilterRules(file: file) : nil
    }
}

extension FilterRules {
    /// Reads a file that holds what the section `filters` may hold.
    ///
    /// - Throws: `SettingsError`, with each mistake and its place.
    package init(file: String) throws {
        self = try Settings.load(file: file, environment: [:]).validate { FilterRules($0) }
    }
}
