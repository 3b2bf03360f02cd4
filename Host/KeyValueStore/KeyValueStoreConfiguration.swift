package import Settings

/// The stores that the settings name, in their order. Without settings there is one, `default`, an SQLite database.
package struct KeyValueStoreConfiguration: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case stub
        /// See `FilesystemStore`.
        case filesystem(path: String, subdirs: Bool)
        /// See `SQLiteStore`.
        case sqlite(path: String, durable: Bool)
    }

    package struct Store: Sendable, Equatable {
        package let name: String
        package let kind: Kind

        package init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    package let stores: [Store]

    /// The configuration that holds where nothing is set.
    package init() { stores = [Store(name: "default", kind: .sqlite(path: "default.sqlite", durable: true))] }

    /// Reads the section `kvs`, a mapping of names to stores or a list of `[name, store]` pairs:
    ///
    ///     kvs:
    ///       default: {type: sqlite, path: states.sqlite, durable: true}
    ///       cache: {type: stub}
    ///       workshop: {type: filesystem, path: .lo_kvs, subdirs: true}
    package init(_ reader: SettingsReader) {
        let sections = reader.sections()
        if sections.isEmpty && !reader.isBroken {
            self = Self()
            return
        }
        var stores: [Store] = []
        for (name, section) in sections {
            guard let kind = Self.kind(section, name: name) else { continue }
            if let path = Self.path(kind), let other = stores.first(where: { Self.path($0.kind) == path }) {
                section.problem(
                    "path", found: "\"\(path)\", which the store `\(other.name)` has", expected: "a path of its own")
            }
            stores.append(Store(name: name, kind: kind))
        }
        if !reader.isBroken && !sections.contains(where: { $0.name == "default" }) {
            reader.problem(
                "default", found: "no store of this name", expected: "one", remedy: "States are kept in it.")
        }
        self.stores = stores
    }

    private enum TypeName: String, CaseIterable { case stub, filesystem, sqlite }

    private static func kind(_ section: SettingsReader, name: String) -> Kind? {
        switch section.choice("type", default: nil as TypeName?) {
        case .stub: return .stub
        case .filesystem:
            return .filesystem(path: section.string("path"), subdirs: section.boolean("subdirs", default: false))
        case .sqlite:
            return .sqlite(
                path: section.string("path", default: "\(name).sqlite"),
                durable: section.boolean("durable", default: true))
        case nil:
            // A wrong type is a mistake already, an absent one becomes one here.
            if !section.has("type") { _ = section.choice("type", of: TypeName.self) }
            section.ignoreOtherKeys()
            return nil
        }
    }

    private static func path(_ kind: Kind) -> String? {
        switch kind {
        case .stub: nil
        case .filesystem(let path, _), .sqlite(let path, _): path
        }
    }
}
