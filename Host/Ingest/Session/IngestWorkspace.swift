import CPluginAPI
import Enrichment
import EventLog
import Records

/// What one thread needs to take events in: the parser, the frames of one read and the records made of them. An event
/// loop has one for all of its connections. Not thread-safe.
package final class IngestWorkspace {
    /// The frames of the read that is going on; the connection's handler fills it and hands it to
    /// `IngestSession.receive`.
    package var frames = FrameBuffer()

    let batch = RecordBatch()
    /// Those of the service's counters, and their version: asked for at each event.
    var types: TypeCounts?
    var typesVersion = 0
    /// That of the plan that holds, and its version: asked for at each event.
    private var reader: EnrichmentReader?
    private var readerVersion = 0
    private var enriched = Bytes()
    var letters: [DeadLetter] = []
    /// Records of one line of a source.
    var staged: [NewRecord] = []
    var decoded = DecodedLine()

    let envelope: EnvelopeReader
    let event: Int
    let userID: Int
    let sequence: Int
    /// The slots of the fields that may name an actor.
    let actors: [Int]
    /// The slots of the fields by which the methods in use authenticate.
    let credentials: [AuthenticationMethod: Int]
    /// The slots of the fields that may name a domain; none where no rule asks for it.
    let domains: [Int]
    /// The row of the frame in hand.
    let row: UnsafeMutablePointer<lectern_value>

    /// The name of the field that a client locks its token in, as JSON; empty: none.
    let tokenMember: [UInt8]
    /// The pseudonyms of actors that records name by them, as texts.
    private var pseudonyms: [UInt64: StableBytes] = [:]
    private static let keptPseudonyms = 4096

    private let extractor: FieldExtractor
    private let paths: [(member: [UInt8], slot: Int)]
    /// Only lock_fields frames are searched for `fields`: other events may have a large one.
    private let fieldsExtractor = FieldExtractor()
    private let fieldsRow = UnsafeMutablePointer<lectern_value>.allocate(capacity: 2)
    /// As `fieldsExtractor`, for what says which blob is meant.
    private let blobExtractor = FieldExtractor()
    private let blobRow = UnsafeMutablePointer<lectern_value>.allocate(capacity: 2)
    /// Made when the first event comes to an address.
    private var schemas: [PublishedEvent: SchemaCheck] = [:]

    package init(_ configuration: IngestConfiguration) {
        let extractor = FieldExtractor()
        self.extractor = extractor
        envelope = EnvelopeReader(extractor, actors: configuration.actorFields)
        event = extractor.add("event")
        userID = extractor.add("user_id")
        sequence = extractor.add("seq")
        actors = configuration.actorFields.map(extractor.add)
        let methods = Set(configuration.authentication).compactMap { method in method.field.map { (method, $0) } }
        credentials = Dictionary(uniqueKeysWithValues: methods.map { ($0, extractor.add($1)) })
        let domainFields = configuration.rules.isEmpty ? [] : configuration.domainFields
        domains = domainFields.map(extractor.add)
        _ = fieldsExtractor.add("fields")
        let takesTokens = configuration.authentication.contains(.jwt)
        tokenMember = takesTokens ? Array("\"\(configuration.token.field)\"".utf8) : []
        _ = fieldsExtractor.add(takesTokens ? "fields." + configuration.token.field : "fields")
        for name in ["source", "activity"] { _ = blobExtractor.add(name) }
        let declared = EnvelopeReader.paths + ["user_id"] + configuration.actorFields + domainFields + methods.map(\.1)
        paths = declared.map { path in
            (Array("\"\(path.prefix { $0 != "." })\"".utf8), extractor.add(path))
        }
        row = .allocate(capacity: extractor.count)
        row.initialize(repeating: lectern_value(), count: extractor.count)
        fieldsRow.initialize(repeating: lectern_value(), count: 2)
        blobRow.initialize(repeating: lectern_value(), count: 2)
    }

    deinit {
        row.deallocate()
        fieldsRow.deallocate()
        blobRow.deallocate()
    }

    /// Parses one event into `row`. Texts stay until `endRead`. Returns nil, or why this is no JSON object.
    func extract(_ json: UnsafeRawBufferPointer) -> StaticReason? { extractor.extract(json, into: row) }

    /// As `extract`, for bytes that nothing readable follows. Returns the row.
    func extract(padding json: [UInt8]) -> UnsafeMutablePointer<lectern_value> {
        (json + [UInt8](repeating: 0, count: FieldExtractor.padding)).withUnsafeBytes {
            _ = extract(UnsafeRawBufferPointer(rebasing: $0[..<json.count]))
        }
        return row
    }

    /// The `fields` of a lock_fields frame that has been parsed before, and the token among them, if tokens are taken.
    func lockedFields(of json: UnsafeRawBufferPointer) -> (fields: lectern_value, token: lectern_value) {
        _ = fieldsExtractor.extract(json, into: fieldsRow)
        return (fieldsRow[0], tokenMember.isEmpty ? lectern_value() : fieldsRow[1])
    }

    /// Which of an actor's blobs an event means that has been parsed before: by its own fields, or by those that are locked,
    /// which win. Nil where it names no source or no activity.
    func blobKey(of json: UnsafeRawBufferPointer, _ locked: LockedFields, actor: UnsafeRawBufferPointer) -> BlobKey? {
        _ = blobExtractor.extract(json, into: blobRow)
        var (source, activity) = (blobRow[0].string, blobRow[1].string)
        locked.withPaddedJSON { _ = blobExtractor.extract($0, into: blobRow) }
        if blobRow[0].tag == LECTERN_TEXT { source = blobRow[0].string }
        if blobRow[1].tag == LECTERN_TEXT { activity = blobRow[1].string }
        guard !source.isEmpty, !activity.isEmpty else { return nil }
        return BlobKey(actor: String(decoding: actor, as: UTF8.self), source: source, activity: activity)
    }

    /// What asks for all that is to be known of events; nil: nothing is.
    @inline(__always)
    func reader(of enrichment: Enrichment) -> EnrichmentReader? {
        enrichment.refresh(&reader, version: &readerVersion)
        return reader
    }

    /// What writes down what an event was asked for, though other things may be asked since.
    func reader(of lookups: EventLookups) -> EnrichmentReader {
        if let reader, reader.isOf(lookups) { return reader }
        return EnrichmentReader(of: lookups)
    }

    /// The fields of the event in a reader's hand, as its record is to have them. Valid until the next call.
    func enrichedFields(_ reader: EnrichmentReader, over own: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        enriched.truncate()
        reader.write(over: own, to: &enriched)
        return enriched.contents
    }

    /// What an event's schema says to events that come to an address.
    func schema(of published: PublishedEvent) -> SchemaCheck {
        if let known = schemas[published] { return known }
        let check = SchemaCheck(published.schema)
        schemas[published] = check
        return check
    }

    /// The slots that a member of the event fills, its name given as JSON.
    func slots(ofMember name: [UInt8]) -> [Int] {
        paths.filter { $0.member == name }.map(\.slot)
    }

    /// The pseudonym by which records name an actor. Valid until `endRead`.
    func pseudonym(of actor: UnsafeRawBufferPointer, _ identity: LogIdentity) -> UnsafeRawBufferPointer {
        let pseudonym = identity.pseudonym(ofActor: actor)
        if let known = pseudonyms[pseudonym] { return known.bytes }
        let text = StableBytes(identity.pseudonymText(ofActor: actor))
        pseudonyms[pseudonym] = text
        return text.bytes
    }

    /// Forgets a read: its frames, records and texts.
    func endRead() {
        frames.removeAll()
        if pseudonyms.count > Self.keptPseudonyms { pseudonyms.removeAll() }
        endBatch()
    }

    /// Forgets the records and texts.
    func endBatch() {
        batch.removeAll()
        letters.removeAll(keepingCapacity: true)
        extractor.reset()
        fieldsExtractor.reset()
        blobExtractor.reset()
    }
}
