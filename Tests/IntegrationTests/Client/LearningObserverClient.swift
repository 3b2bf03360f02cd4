import Foundation

/// The WebSocket logger of Learning Observer's client library, as far as a server meets it: events are queued, and taken
/// from the queue when they are handed to the socket, whether they arrive or not. A new connection is told the locked
/// fields by one lock at the queue's end. It reads answers only where its library does.
final class LearningObserverClient {
    private enum Stop: Equatable {
        /// Nothing is stored any more.
        case drop
        /// What comes is queued; nothing is sent.
        case maintain(limit: String)
    }

    private let port: UInt16
    private var socket: WebSocketClient?
    private var queue: [String] = []
    private var fields: [String: Any] = [:]
    private var stop: Stop?
    private(set) var userID: String?
    private var blobs: [Any] = []

    init(port: UInt16) { self.port = port }

    var queued: Int { queue.count }
    var isDropping: Bool { stop == .drop }
    var maintainedFor: String? { if case .maintain(let limit) = stop { limit } else { nil } }

    /// Locks fields for all events of this client, now and on every later connection.
    func lock(_ more: [String: Any]) throws {
        fields.merge(more) { $1 }
        try log(["event": "lock_fields", "fields": more])
    }

    /// Queues an event, and sends what is queued if there is a connection.
    func log(_ event: [String: Any]) throws {
        if stop == .drop { return }
        queue.append(
            try Self.text(event.merging(["metadata": ["iso_ts": "2026-01-31T10:00:00.000Z"]]) { old, _ in old }))
        try drain()
    }

    func connect() throws {
        let isFirst = userID == nil && socket == nil
        socket = try WebSocketClient(port: port, path: "/wsapi/in/")
        if !isFirst { queue.append(try Self.text(["event": "lock_fields", "fields": fields])) }
        try drain()
    }

    /// The connection is lost, without a word.
    func disconnect() { socket = nil }

    /// The time is over for which the server has asked to wait.
    func comeBack() throws {
        stop = nil
        try connect()
    }

    /// Takes answers until one of this status.
    func receive(_ status: String) throws {
        while let socket {
            guard case .text(let text) = try socket.receive() else { throw Failure("closed without \(status)") }
            let answer = try JSONRow.object(text)
            switch answer["status"] as? String {
            case "auth": userID = answer["user_id"] as? String
            case "blocklist":
                let limit = answer["time_limit"].map { "\($0)" } ?? ""
                stop = answer["action"] as? String == "DROP" ? .drop : .maintain(limit: limit)
                self.socket = nil
            case "fetch_blob": blobs.append(answer["data"] ?? NSNull())
            // Others are only written down.
            default: break
            }
            if answer["status"] as? String == status { return }
        }
        throw Failure("no connection to hear \(status) on")
    }

    func saveBlob(_ value: Any) throws { try log(["event": "save_blob", "blob": value]) }

    func fetchBlob() throws -> Any {
        try log(["event": "fetch_blob"])
        try receive("fetch_blob")
        return blobs.removeFirst()
    }

    private func drain() throws {
        guard let socket, stop == nil else { return }
        while !queue.isEmpty { try socket.send(queue.removeFirst()) }
    }

    private static func text(_ event: [String: Any]) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: event), as: UTF8.self)
    }
}
