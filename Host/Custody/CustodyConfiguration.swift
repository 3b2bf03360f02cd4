package import Settings

/// The settings of erasures, section `custody`.
package struct CustodyConfiguration: Sendable {
    /// `erasures`: the list of erased students, which is to outlive the data folder: whoever restores a backup of the folder
    /// must find it.
    package var list: String

    /// Reads the section `custody`. Mistakes are noted in the reader.
    /// - Parameter data: the data folder; the list lies beside it, if the section names no other file.
    package init(_ reader: SettingsReader, data: String) {
        var folder = data
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        list = reader.string("erasures", default: folder + ".erasures")
        if list.isEmpty { reader.problem("erasures", found: "an empty text", expected: "a file") }
    }
}
