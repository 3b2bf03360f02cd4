import NIOCore
import NIOHTTP1

/// Makes of a connection's first request what it asks for: a WebSocket, or HTTP, which it stays.
///
/// NIO's own handler of upgrades loses the head of a request whose upgrade is turned down, so that its client gets no
/// answer; some clients ask for HTTP/2 in this way with every request.
final class NegotiationHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case waiting
        /// The head of a request that becomes a WebSocket has come, its end has not.
        case upgrading(SocketUpgrade.Accepted)
        /// What comes now are bytes for the WebSocket's handler.
        case socket
        case http
    }

    private let sockets: SocketUpgrade
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private let encoder: HTTPResponseEncoder
    private let makeHTTP: () throws -> WebChannel.Negotiated
    private let negotiated: EventLoopPromise<WebChannel.Negotiated>
    private var state = State.waiting

    /// - Parameters:
    ///   - makeHTTP: adds the handlers of HTTP behind this one.
    ///   - negotiated: kept, or failed if the connection ends before its first request.
    init(
        sockets: SocketUpgrade, decoder: ByteToMessageHandler<HTTPRequestDecoder>, encoder: HTTPResponseEncoder,
        negotiated: EventLoopPromise<WebChannel.Negotiated>, makeHTTP: @escaping () throws -> WebChannel.Negotiated
    ) {
        self.sockets = sockets
        self.decoder = decoder
        self.encoder = encoder
        self.negotiated = negotiated
        self.makeHTTP = makeHTTP
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .socket = state { return context.fireChannelRead(data) }
        switch (state, unwrapInboundIn(data)) {
        case (.waiting, .head(let head)):
            begin(head, context)
        case (.http, .head(let head)):
            forward(head, context)
        case (.upgrading(let accepted), .end):
            upgrade(accepted, context)
        case (.upgrading, _), (.waiting, _):
            context.close(promise: nil)
        default:
            context.fireChannelRead(data)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        let isEnd = event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed
        switch state {
        case .waiting, .upgrading: if isEnd { context.close(promise: nil) }
        case .socket, .http: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch state {
        case .waiting, .upgrading: negotiated.fail(ChannelError.eof)
        case .socket, .http: break
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .waiting:
            // What is no HTTP from its first byte on: HTTP's handlers answer that.
            guard startHTTP(context) else { return }
            context.fireErrorCaught(error)
        case .upgrading: context.close(promise: nil)
        case .socket, .http: context.fireErrorCaught(error)
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        if let accepted = sockets.accept(head, context.channel) {
            state = .upgrading(accepted)
        } else if startHTTP(context) {
            forward(head, context)
        }
    }

    private func startHTTP(_ context: ChannelHandlerContext) -> Bool {
        state = .http
        do {
            negotiated.succeed(try makeHTTP())
            return true
        } catch {
            negotiated.fail(error)
            context.close(promise: nil)
            return false
        }
    }

    /// NIO's parser reads nothing after a request that asks for an upgrade: such a connection ends with its answer.
    private func forward(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var head = head
        if head.headers.contains(name: "upgrade") { head.headers.replaceOrAdd(name: "connection", value: "close") }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    private func upgrade(_ accepted: SocketUpgrade.Accepted, _ context: ChannelHandlerContext) {
        state = .socket
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: accepted.headers)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        let pipeline = context.pipeline.syncOperations
        do {
            pipeline.removeHandler(encoder, promise: nil)
            try pipeline.addHandler(sockets.handler(for: accepted, on: context.eventLoop))
            negotiated.succeed(.socket)
            // Hands on the bytes that came right behind the request.
            pipeline.removeHandler(decoder).assumeIsolated().whenComplete { _ in
                pipeline.removeHandler(self, promise: nil)
            }
        } catch {
            negotiated.fail(error)
            context.close(promise: nil)
        }
    }
}
