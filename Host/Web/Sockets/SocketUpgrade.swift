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
    let policy: AccessPolicy
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
        let token = AccessPolicy.token(
            authorization: headers.first(name: "authorization"), cookie: headers.first(name: "cookie"),
            query: target.parameter("token"))
        let roles = policy.roles(token: token)
        guard roles.contains(.publisher) || roles.contains(.operator) else {
            throw WebError(.unauthorized, "no-token", "This needs a token of a publisher.")
        }
        let peer = IngestPeer(
            ip: channel.remoteAddress?.ipAddress ?? "", origin: headers.first(name: "origin") ?? "",
            agent: headers.first(name: "user-agent") ?? "",
            isForwarded: EventRoutes.proxyHeaders.contains { headers.contains(name: $0) })
        return try service.connection(from: peer, query: target.query)
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
