import Foundation

extension Warehouse {
    /// Removes all rows of all plugins, and their bytes from the files that held them. While no host writes there. Blocks.
    package static func removeAll(_ configuration: WarehouseConfiguration) throws {
        switch configuration.kind {
        case .none: break
        case .sqlite:
            guard FileManager.default.fileExists(atPath: configuration.directory) else { break }
            for file in try FileManager.default.contentsOfDirectory(atPath: configuration.directory)
            where [".sqlite", ".sqlite-wal", ".sqlite-shm"].contains(where: { file.hasSuffix($0) }) {
                try FileManager.default.removeItem(atPath: configuration.directory + "/" + file)
            }
        case .postgresql:
            try PostgreSQLTables(configuration.postgresql, reader: configuration.reader, report: { _ in }).removeAll()
        }
    }
}
