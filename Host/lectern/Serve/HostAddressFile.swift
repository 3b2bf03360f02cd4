import Foundation
import Web

/// The file `address` of a data folder: where its host listens, or did last, for commands that need to ask it.
enum HostAddressFile {
    static func write(_ address: ListenAddress, data: String) {
        // A host can do without: who needs it is told how to name the address.
        try? Data("http://\(address)\n".utf8).write(to: URL(filePath: "\(data)/address"), options: .atomic)
    }

    static func read(_ data: String) -> String? {
        (try? String(contentsOfFile: "\(data)/address", encoding: .utf8))?.split(separator: "\n").first.map(String.init)
    }
}
