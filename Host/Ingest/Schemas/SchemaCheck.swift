import CPluginAPI
import CRecords
import Records

/// Checks the events of one address. Not thread-safe.
final class SchemaCheck {
    private let schema: EventSchema
    private let extractor = FieldExtractor()
    private let row: UnsafeMutablePointer<lectern_value>

    init(_ schema: EventSchema) {
        self.schema = schema
        for field in schema.fields { _ = extractor.add(field.name) }
        row = .allocate(capacity: schema.fields.count)
        row.initialize(repeating: lectern_value(), count: schema.fields.count)
    }

    deinit { row.deallocate() }

    /// The first thing that does not fit in an event that has been parsed before: field, found, expected. Nil if it fits.
    ///
    /// - Parameters:
    ///   - locked: fields that replace the event's own.
    ///   - hasActor: it is known whose the event is, or somebody else will say so.
    func violation(in json: UnsafeRawBufferPointer, _ locked: LockedFields, hasActor: Bool) -> String? {
        defer { extractor.reset() }
        _ = extractor.extract(json, into: row)
        if !locked.isEmpty {
            locked.withPaddedJSON { _ = extractor.overlay($0, onto: row) }
        }
        for (index, field) in schema.fields.enumerated() {
            let value = row[index]
            let isAbsent = value.tag == LECTERN_MISSING || value.tag == LECTERN_NULL && !field.isRequired
            let mayBeAbsent = !field.isRequired || (field.name == EventSchema.actorField && hasActor)
            if isAbsent && mayBeAbsent || field.form.fits(value) { continue }
            return "\(field.name): found \(value.found), expected \(field.form.expectation)"
        }
        return nil
    }
}

extension EventSchema.Field.Form {
    fileprivate func fits(_ value: lectern_value) -> Bool {
        switch self {
        case .text(let longest): value.tag == LECTERN_TEXT && 1...longest ~= Int(value.length)
        case .number(let range): value.number.map(range.contains) ?? false
        case .choice(let texts): value.tag == LECTERN_TEXT && texts.contains(value.string)
        case .time: value.isTime
        }
    }

    fileprivate var expectation: String {
        switch self {
        case .text(let longest): "a text of 1 to \(longest) bytes"
        case .number(let range): "a number from \(Self.short(range.lowerBound)) to \(Self.short(range.upperBound))"
        case .choice(let texts): texts.map { "\"\($0)\"" }.joined(separator: " or ")
        case .time: "a time in RFC 3339 or in milliseconds since 1970"
        }
    }

    private static func short(_ number: Double) -> String {
        Int64(exactly: number).map(String.init) ?? "\(number)"
    }
}

extension lectern_value {
    fileprivate var number: Double? {
        switch tag {
        case LECTERN_INTEGER: Double(self.as.integer)
        case LECTERN_NUMBER: self.as.number
        default: nil
        }
    }

    fileprivate var isTime: Bool {
        guard tag == LECTERN_TEXT else { return number != nil }
        var microseconds: Int64 = 0
        var precision: UInt8 = 0
        return lectern_parse_timestamp(self.as.text, Int(length), &microseconds, &precision) == 1
    }

    /// What stands there, in a sentence for people.
    fileprivate var found: String {
        switch tag {
        case LECTERN_MISSING: "nothing"
        case LECTERN_FALSE: "false"
        case LECTERN_TRUE: "true"
        case LECTERN_INTEGER: "\(self.as.integer)"
        case LECTERN_NUMBER: "\(self.as.number)"
        case LECTERN_TEXT: "the text \"\(string.count <= 60 ? string : string.prefix(57) + "…")\""
        default: kindName
        }
    }
}
