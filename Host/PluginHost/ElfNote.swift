import Glibc

/// Reads the note of a plugin from its file, without running any of the plugin's code.
enum ElfNote {
    static let owner = "Lectern"

    /// The text of the note, or nil if the library has none. Throws a refusal if the file is no 64-bit little-endian shared library
    /// of this kind of processor or its headers point outside it.
    static func read(_ file: UnsafeRawBufferPointer, name: String) throws(PluginRefusal) -> String? {
        func refuse(_ field: String, wanted: String, found: String) -> PluginRefusal {
            PluginRefusal(file: name, field: field, wanted: wanted, found: found)
        }
        guard file.count >= 64, file.prefix(4).elementsEqual([0x7f, 0x45, 0x4c, 0x46]) else {
            throw refuse("file", wanted: "an ELF shared library", found: "\(file.count) bytes of something else")
        }
        guard file[4] == 2, file[5] == 1 else {
            throw refuse(
                "file", wanted: "a 64-bit little-endian library", found: "class \(file[4]), byte order \(file[5])")
        }
        let type = file.loadUnaligned(fromByteOffset: 16, as: UInt16.self)
        guard type == 3 else {
            throw refuse("file", wanted: "a shared library (ELF type 3)", found: "ELF type \(type)")
        }
        let machine = file.loadUnaligned(fromByteOffset: 18, as: UInt16.self)
        guard machine == Self.machine else {
            throw refuse("processor", wanted: "ELF machine \(Self.machine)", found: "ELF machine \(machine)")
        }
        let headers = file.loadUnaligned(fromByteOffset: 32, as: UInt64.self)
        let headerSize = Int(file.loadUnaligned(fromByteOffset: 54, as: UInt16.self))
        let headerCount = Int(file.loadUnaligned(fromByteOffset: 56, as: UInt16.self))
        guard headerSize >= 56, let first = Int(exactly: headers), first <= file.count,
            headerSize * headerCount <= file.count - first
        else { throw refuse("file", wanted: "program headers inside the file", found: "a damaged or unfinished file") }

        let damaged = "a damaged or unfinished file"
        var found: String?
        for index in 0..<headerCount {
            let header = first + index * headerSize
            let kind = file.loadUnaligned(fromByteOffset: header, as: UInt32.self)
            // PT_LOAD, PT_NOTE. The loader maps the former unchecked: what lies behind the file's end kills the process.
            guard kind == 1 || kind == 4 else { continue }
            let offset = file.loadUnaligned(fromByteOffset: header + 8, as: UInt64.self)
            let size = file.loadUnaligned(fromByteOffset: header + 32, as: UInt64.self)
            guard let start = Int(exactly: offset), let count = Int(exactly: size), start <= file.count,
                count <= file.count - start
            else { throw refuse("file", wanted: "segments and notes inside the file", found: damaged) }
            guard kind == 4, found == nil else { continue }
            found = text(in: UnsafeRawBufferPointer(rebasing: file[start..<start + count]))
        }
        return found
    }

    /// The description of our note among the notes of one segment.
    private static func text(in notes: UnsafeRawBufferPointer) -> String? {
        var at = 0
        while notes.count - at >= 12 {
            let ownerLength = Int(notes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            let textLength = Int(notes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self))
            let type = notes.loadUnaligned(fromByteOffset: at + 8, as: UInt32.self)
            let text = at + 12 + (ownerLength + 3) & ~3
            guard text + textLength <= notes.count else { return nil }
            if type == 1, notes[(at + 12)..<(at + 12 + ownerLength)].elementsEqual(Array(owner.utf8) + [0]) {
                return String(decoding: notes[text..<text + textLength], as: UTF8.self)
            }
            at = text + (textLength + 3) & ~3
        }
        return nil
    }

    private static var machine: UInt16 {
        #if arch(x86_64)
            62
        #elseif arch(arm64)
            183
        #endif
    }
}
