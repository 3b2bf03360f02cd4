import Records

/// The dead letters of a fold, as JSON lines. Not thread-safe.
final class DeadLetterFile {
    private let file: OutputFile?
    private var line = Bytes()
    private(set) var count: UInt64 = 0

    /// - Parameter path: nil to count only.
    init(_ path: String?) throws(InputError) {
        file = try path.map { path throws(InputError) in try OutputFile(path) }
    }

    /// A line that could not be decoded.
    func add(input: String, line number: UInt64, reason: String, original: UnsafeRawBufferPointer) throws(InputError) {
        try add(stage: "decode", reason: reason, original: original) {
            $0.append(",\"input\":")
            $0.appendJSON(input)
            $0.append(",\"line\":")
            $0.appendJSON(Int64(number))
        }
    }

    /// An event that a plugin could not read, or a filter rule could not be asked about.
    func add(_ rejection: Rejection) throws(InputError) {
        let original = rejection.payload
        try original.withUnsafeBytes { original in
            Result { () throws(InputError) in
                try add(stage: rejection.isOfRules ? "filter" : "read", reason: rejection.reason, original: original) {
                    $0.append(",\"plugin\":")
                    $0.appendJSON(rejection.plugin)
                    $0.append(",\"partition\":")
                    $0.appendJSON(Int64(rejection.partition))
                    $0.append(",\"position\":")
                    $0.appendJSON(Int64(rejection.position))
                }
            }
        }.get()
    }

    private func add(
        stage: String, reason: String, original: UnsafeRawBufferPointer, _ place: (inout Bytes) -> Void
    ) throws(InputError) {
        count += 1
        guard let file else { return }
        line.truncate()
        line.append("{\"stage\":")
        line.appendJSON(stage)
        line.append(",\"reason\":")
        line.appendJSON(reason)
        place(&line)
        if String(validating: original, as: UTF8.self) != nil {
            line.append(",\"text\":")
            line.appendJSON(original)
        }
        line.append(",\"original\":\"")
        line.appendBase64(original)
        line.append("\"}\n")
        try file.write(line.contents)
    }

    func close() throws(InputError) { try file?.close() }
}
