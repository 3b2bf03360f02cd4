import FoundationEssentials
import Glibc
import Records

/// What is kept of erasures:
///
///     LIST                              outside the data folder: a decision a line
///     custody/erasures.jsonl            the decisions that were carried out in this folder
///     custody/unfinished/STUDENT.json   those that are not
///     custody/certificates/STUDENT.json
///     custody/key.pem, public.pem       what certificates are signed with if the log is not signed
///
/// Each change is on the disk when a method returns. Not thread-safe.
struct ErasureFiles: Sendable {
    let list: String
    let folder: String

    init(list: String, data: String) {
        self.list = list
        folder = data + "/custody"
    }

    private var carriedOutPath: String { folder + "/erasures.jsonl" }
    private var unfinishedFolder: String { folder + "/unfinished" }

    // MARK: Decisions

    /// The decisions of the list, those about other logs included.
    func listed() throws -> [ErasureDecision] { try decisions(list) }

    func carriedOut() throws -> [ErasureDecision] { try decisions(carriedOutPath) }

    /// Adds to the list what it does not have.
    func list(_ decisions: [ErasureDecision]) throws {
        let known = try listed()
        try append(decisions.filter { new in !known.contains { $0.log == new.log && $0.student == new.student } }, list)
    }

    func noteCarriedOut(_ decision: ErasureDecision) throws {
        try make(folder)
        guard try !carriedOut().contains(where: { $0.log == decision.log && $0.student == decision.student }) else {
            return
        }
        try append([decision], carriedOutPath)
    }

    private func decisions(_ path: String) throws -> [ErasureDecision] {
        guard access(path, F_OK) == 0 else { return [] }
        let bytes = try read(path)
        return try bytes.split(separator: 10).enumerated().compactMap { index, line in
            if let decision = try? JSONDecoder().decode(ErasureDecision.self, from: Data(line)) { return decision }
            // A crash has torn the last one, and nobody was told that it is there.
            if line.endIndex == bytes.endIndex { return nil }
            throw CustodyError(
                "\(path), line \(index + 1): this is no decision to erase a student; restore the file from a copy")
        }
    }

    private func append(_ decisions: [ErasureDecision], _ path: String) throws {
        guard !decisions.isEmpty else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var bytes: [UInt8] = []
        let old = access(path, F_OK) == 0 ? try read(path) : []
        let whole = old.lastIndex(of: 10).map { $0 + 1 } ?? 0
        bytes += old[..<whole]
        for decision in decisions { bytes += try Array(encoder.encode(decision)) + [10] }
        try store(bytes, path, remedy: "; name another file in the settings: custody.erasures")
    }

    // MARK: What is not finished

    func unfinished() throws -> [UnfinishedErasure] {
        guard access(unfinishedFolder, F_OK) == 0 else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: unfinishedFolder).sorted()
            .filter { $0.hasSuffix(".json") }
            .map { name in
                let path = "\(unfinishedFolder)/\(name)"
                do {
                    return try JSONDecoder().decode(UnfinishedErasure.self, from: Data(try read(path)))
                } catch is DecodingError {
                    throw CustodyError("\(path): this is no erasure that is to be finished; remove it and erase again")
                }
            }
    }

    func store(_ erasure: UnfinishedErasure) throws {
        try make(unfinishedFolder)
        try store(Array(JSONEncoder().encode(erasure)), path(of: erasure))
    }

    /// Forgets it, and leaves nothing of the id in its file.
    func remove(_ erasure: UnfinishedErasure) throws {
        let path = path(of: erasure)
        let count = (try? read(path).count) ?? 0
        let file = open(path, O_WRONLY | O_CLOEXEC)
        if file >= 0 {
            let zeros = [UInt8](repeating: 0, count: count)
            _ = write(file, zeros, count)
            fsync(file)
            close(file)
        }
        unlink(path)
        syncFolder(unfinishedFolder)
    }

    private func path(of erasure: UnfinishedErasure) -> String {
        "\(unfinishedFolder)/\(erasure.decision.student).json"
    }

    // MARK: Certificates

    func store(certificate: [UInt8], of student: String) throws {
        try make(folder + "/certificates")
        try store(certificate, certificatePath(of: student))
    }

    /// Makes room for a new certificate; the one that is there is kept under another name.
    func setAsideCertificate(of student: String) {
        let path = certificatePath(of: student)
        guard access(path, F_OK) == 0 else { return }
        var number = 1
        while access("\(folder)/certificates/\(student)-\(number).json", F_OK) == 0 { number += 1 }
        rename(path, "\(folder)/certificates/\(student)-\(number).json")
    }

    /// Nil: there is none.
    func certificate(of student: String) -> [UInt8]? { try? read(certificatePath(of: student)) }

    func certificatePath(of student: String) -> String { "\(folder)/certificates/\(student).json" }

    // MARK: Files

    func make(_ path: String) throws {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw CustodyError.system("mkdir", path)
        }
        try make(String(path[..<slash]))
        if mkdir(path, 0o700) != 0 && errno != EEXIST { throw CustodyError.system("mkdir", path) }
    }

    private func read(_ path: String) throws -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw CustodyError("\(path): can't be read: \(error)")
        }
    }

    /// Stores a file, whole or not at all.
    private func store(_ bytes: [UInt8], _ path: String, remedy: String = "") throws {
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw CustodyError.system("open", temporary, remedy) }
        defer { close(file) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw CustodyError.system("write", temporary, remedy) }
            rest = rest.dropFirst(count)
        }
        guard fsync(file) == 0 else { throw CustodyError.system("fsync", temporary) }
        guard rename(temporary, path) == 0 else { throw CustodyError.system("rename", temporary) }
        syncFolder(path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".")
    }

    private func syncFolder(_ path: String) {
        let folder = open(path.isEmpty ? "/" : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }
}

/// Why a student can't be erased: one message for the operator.
package struct CustodyError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    static func system(_ call: String, _ path: String, _ remedy: String = "") -> CustodyError {
        CustodyError("\(path): \(call) failed: \(String(cString: strerror(errno)))\(remedy)")
    }
}
