import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Decides which requests become WebSockets, and makes them.
struct SocketUpgrade: Sendable {
    func upgrader() -> some NIOTypedHTTPServerProtocolUpgrader<WebChannel.Negotiated> {
        NIOTypedWebSocketServerUpgrader<WebChannel.Negotiated>(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(nil) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededFuture(.socket) })
    }
}
