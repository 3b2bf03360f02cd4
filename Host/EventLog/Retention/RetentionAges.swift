package import Settings

/// How long data is kept: by the `source` that sessions have locked, and otherwise.
///
///     age: 365d
///     sources:
///       org.mitros.writing_analytics: 30d
package struct RetentionAges: Sendable, Equatable {
    /// `age`: of what has no age of its own; nil: for ever.
    package var age: Duration?
    /// `sources`: of the sources named there.
    package var sources: [String: Duration] = [:]

    package static let range = Duration.seconds(1) ... .seconds(Int32.max)

    package init(age: Duration? = nil, sources: [String: Duration] = [:]) {
        self.age = age
        self.sources = sources
    }

    /// Reads a section. Mistakes are noted in the reader.
    package init(_ reader: SettingsReader) {
        if reader.has("age") { age = reader.duration("age", default: .zero, in: Self.range) }
        let sources = reader.section("sources")
        for source in sources.keys {
            self.sources[source] = sources.duration(source, default: .zero, in: Self.range)
        }
    }

    /// Whether everything is kept for ever.
    package var isEmpty: Bool { age == nil && sources.isEmpty }

    /// How long what comes from a source is kept; nil: for ever.
    /// - Parameter source: nil: the session has locked none.
    package func age(of source: String?) -> Duration? { source.flatMap { sources[$0] } ?? age }

    /// The least and the greatest of all ages; the greatest is nil if something is kept for ever.
    package var shortest: Duration? { (sources.values + (age.map { [$0] } ?? [])).min() }
    package var longest: Duration? { age.map { age in max(age, sources.values.max() ?? age) } }
}
