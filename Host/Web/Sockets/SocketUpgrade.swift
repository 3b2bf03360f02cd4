import HTTPTypes
import Ingest
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Decides which requests become WebSockets, and makes them.
///
/// A request that is turned down goes on to the router, whose answer says why: see EventRoutes.
struct SocketUpgrade: Sendable {
    let service: IngestService
    let hostGuard: HostGuard
    let policy: AccessPolicy
    let workspaces: LoopWorkspaces
    let idle: TimeAmount

    func upgrader() -> some NIOTypedHTTPServerProtocolUpgrader<WebChannel.Negotiated> {
        SocketUpgrader(
            handshake: NIOTypedWebSocketServerUpgrader(
                shouldUpgrade: { channel, head in
                    let isTaken = (try? connection(head, channel)) != nil
                    return channel.eventLoop.makeSucceededFuture(isTaken ? [:] : nil)
                },
                upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededFuture(.socket) }),
            open: open)
    }

    private func open(_ channel: any Channel, _ head: HTTPRequestHead) throws -> WebChannel.Negotiated {
        let connection = try connection(head, channel)
        let handler = IngestSocketHandler(
            service, connection, workspaces.workspace(on: channel.eventLoop), idle: idle)
        try channel.pipeline.syncOperations.addHandler(handler)
        return .socket
    }

    private func connection(_ head: HTTPRequestHead, _ channel: any Channel) throws -> IngestConnection {
        let target = RequestTarget(head.uri)
        guard EventRoutes.isSocket(path: target.path) else { throw WebError.notFound("No WebSocket here.") }
        let headers = head.headers
        let claims = HostGuard.Claims(host: headers.first(name: "host"), origin: headers.first(name: "origin"))
        if let refusal = hostGuard.refusal(of: claims, isPublishing: true) { throw refusal }
        let roles = policy.roles(
            authorization: headers.first(name: "authorization"), cookie: headers.first(name: "cookie"),
            query: target.parameter("token"))
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

/// NIO's handshake with a pipeline of our own behind it: its frame handlers cost more than reading the frames.
private struct SocketUpgrader: NIOTypedHTTPServerProtocolUpgrader {
    let handshake: NIOTypedWebSocketServerUpgrader<WebChannel.Negotiated>
    let open: @Sendable (any Channel, HTTPRequestHead) throws -> WebChannel.Negotiated

    var supportedProtocol: String { handshake.supportedProtocol }
    var requiredUpgradeHeaders: [String] { handshake.requiredUpgradeHeaders }

    func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        handshake.buildUpgradeResponse(
            channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
    }

    func upgrade(channel: any Channel, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<WebChannel.Negotiated> {
        channel.eventLoop.makeCompletedFuture { try open(channel, upgradeRequest) }
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
