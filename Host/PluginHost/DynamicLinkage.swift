import Glibc

/// What a library gives to the dynamic linker and wants from it, read from its file without running any of its code.
package struct DynamicLinkage: Sendable, Equatable {
    /// Symbols that other libraries can see, sorted.
    package let exported: [String]
    /// Libraries that must be loaded with it.
    package let needed: [String]

    /// The libraries of a shared Swift runtime among `needed`.
    package var swiftRuntime: [String] { needed.filter { $0.hasPrefix("libswift") || $0.hasPrefix("libFoundation") } }

    /// Nil if the file has no section headers to find them by.
    package init?(of file: String) throws(PluginRefusal) {
        let bytes = try Staging.contents(of: file)
        guard let elf = ElfSections(bytes) else { return nil }
        exported = elf.exportedSymbols.sorted()
        needed = elf.neededLibraries
    }
}

/// The sections of a 64-bit little-endian ELF file. Whatever points outside the file reads as nothing.
private struct ElfSections {
    private struct Section {
        let type: UInt32
        let offset: Int
        let size: Int
        let link: Int
    }

    private let bytes: [UInt8]
    private let sections: [Section]

    private static let dynamic: UInt32 = 6
    private static let dynamicSymbols: UInt32 = 11

    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        func read<T: FixedWidthInteger>(_ offset: Int, _ type: T.Type) -> T? { Self.read(bytes, offset, type) }
        guard bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]), let start = read(40, UInt64.self),
            let size = read(58, UInt16.self), let count = read(60, UInt16.self), size >= 64, count > 0,
            let start = Int(exactly: start)
        else { return nil }
        var sections: [Section] = []
        for index in 0..<Int(count) {
            let at = start &+ index &* Int(size)
            guard let type = read(at &+ 4, UInt32.self), let offset = read(at &+ 24, UInt64.self),
                let size = read(at &+ 32, UInt64.self), let link = read(at &+ 40, UInt32.self),
                let offset = Int(exactly: offset), let size = Int(exactly: size)
            else { return nil }
            sections.append(Section(type: type, offset: offset, size: size, link: Int(link)))
        }
        self.sections = sections
        guard sections.contains(where: { $0.type == Self.dynamicSymbols }) else { return nil }
    }

    /// Symbols of the dynamic symbol table that are defined here and bound globally, weakly or uniquely.
    var exportedSymbols: [String] {
        entries(of: Self.dynamicSymbols, size: 24).compactMap { at, strings in
            guard let name = read(at, UInt32.self), let info = read(at + 4, UInt8.self),
                let section = read(at + 6, UInt16.self), section != 0, [1, 2, 10].contains(info >> 4)
            else { return nil }
            return text(at: strings + Int(name))
        }
    }

    var neededLibraries: [String] {
        entries(of: Self.dynamic, size: 16).compactMap { at, strings in
            guard read(at, UInt64.self) == 1, let name = read(at + 8, UInt64.self), let name = Int(exactly: name)
            else { return nil }
            return text(at: strings &+ name)
        }
    }

    /// Where each entry of the sections of a type begins, and where the texts that it names do.
    private func entries(of type: UInt32, size: Int) -> [(at: Int, strings: Int)] {
        sections.filter { $0.type == type && sections.indices.contains($0.link) }.flatMap { section in
            guard section.size <= bytes.count else { return [] as [(at: Int, strings: Int)] }
            return stride(from: 0, to: section.size / size * size, by: size).map {
                (at: section.offset &+ $0, strings: sections[section.link].offset)
            }
        }
    }

    private func text(at start: Int) -> String? {
        guard bytes.indices.contains(start), let end = bytes[start...].firstIndex(of: 0) else { return nil }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private func read<T: FixedWidthInteger>(_ offset: Int, _ type: T.Type) -> T? { Self.read(bytes, offset, type) }

    private static func read<T: FixedWidthInteger>(_ bytes: [UInt8], _ offset: Int, _ type: T.Type) -> T? {
        guard offset >= 0, offset <= bytes.count - MemoryLayout<T>.size else { return nil }
        return bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
    }
}
