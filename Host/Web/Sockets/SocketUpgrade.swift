import HTTPTypes
import Ingest
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Decides which requests become WebSockets.
///
/// One that is turned down goes on to the router, whose answer says why: see EventRoutes.
struct SocketUpgrade: Sendable {
    let service: IngestService
    let hostGuard: HostGuard
    let access: PublisherAccess
    let workspaces: LoopWorkspaces
    let idle: TimeAmount

    /// A request that becomes a WebSocket.
    struct Accepted: Sendable {
        let connection: IngestConnection
        /// Of the answer.
        let headers: HTTPHeaders
    }

    /// nil if the request does not become a WebSocket. Call it on the channel's event loop.
    func accept(_ head: HTTPRequestHead, _ channel: any Channel) -> Accepted? {
        let isAsked = head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
        guard isAsked, head.method == .GET, let connection = try? connection(head, channel) else { return nil }
        // NIO's part is the handshake; its frame handlers cost more than reading the frames.
        let handshake = NIOTypedWebSocketServerUpgrader<Void>(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        var headers: HTTPHeaders?
        handshake.buildUpgradeResponse(channel: channel, upgradeRequest: head, initialResponseHeaders: [:])
            .assumeIsolated().whenSuccess { headers = $0 }
        return headers.map { Accepted(connection: connection, headers: $0) }
    }

    func handler(for accepted: Accepted, on loop: any EventLoop) -> IngestSocketHandler {
        IngestSocketHandler(service, accepted.connection, workspaces.workspace(on: loop), idle: idle)
    }

    private func connection(_ head: HTTPRequestHead, _ channel: any Channel) throws -> IngestConnection {
        let target = RequestTarget(head.uri)
        guard EventRoutes.isSocket(path: target.path) else { throw WebError.notFound("No WebSocket here.") }
        let headers = head.headers
        let claims = HostGuard.Claims(host: headers.first(name: "host"), origin: headers.first(name: "origin"))
        if let refusal = hostGuard.refusal(of: claims, isPublishing: true) { throw refusal }
        let shown = try access.check(
            remote: channel.remoteAddress?.ipAddress ?? "", token: target.parameter("token")
        ) { headers[$0] }
        return try service.connection(from: shown.peer, query: target.query, credentials: shown.credentials)
    }
}

/// A workspace for each event loop. Thread-safe; each workspace is used on its loop alone.
final class LoopWorkspaces: Sendable {
    private let configuration: IngestConfiguration
    private let workspaces = NIOLockedValueBox<[ObjectIdentifier: NIOLoopBound<IngestWorkspace>]>([:])

    init(_ configuration: IngestConfiguration) { self.configuration = configuration }

    /// Call it on the loop.
    func workspace(on loop: any EventLoop) -> IngestWorkspace {
        workspaces.withLockedValue { workspaces in
            if let known = workspaces[ObjectIdentifier(loop)] { return known }
            let new = NIOLoopBound(IngestWorkspace(configuration), eventLoop: loop)
            workspaces[ObjectIdentifier(loop)] = new
            return new
        }.value
    }
}
