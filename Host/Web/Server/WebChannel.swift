import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// A connection: HTTP for Hummingbird's router, or a WebSocket that brings events and stays on its event loop.
struct WebChannel: ServerChildChannel, HTTPChannelHandler {
    let responder: HTTPChannelHandler.Responder
    let sockets: SocketUpgrade
    let idle: TimeAmount

    enum Negotiated: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case socket
    }

    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let negotiation: EventLoopFuture<Negotiated>
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let negotiated = channel.eventLoop.makePromise(of: Negotiated.self)
            let encoder = HTTPResponseEncoder()
            let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
            let negotiation = NegotiationHandler(
                sockets: sockets, decoder: decoder, encoder: encoder, negotiated: negotiated
            ) {
                .http(try Self.makeHTTP(channel, logger, idle))
            }
            try channel.pipeline.syncOperations.addHandlers([encoder, decoder, negotiation])
            // A client that connects and says nothing must not stay for ever.
            let patience = channel.eventLoop.scheduleTask(in: idle) { channel.close(promise: nil) }
            negotiated.futureResult.whenComplete { _ in patience.cancel() }
            return Value(channel: channel, negotiation: negotiated.futureResult)
        }
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.negotiation.get() {
            case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            case .socket: try await value.channel.closeFuture.get()
            }
        } catch {
            logger.debug("connection failed", metadata: ["error": "\(error)"])
            value.channel.close(promise: nil)
        }
    }

    private static func makeHTTP(
        _ channel: any Channel, _ logger: Logger, _ idle: TimeAmount
    ) throws -> NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart> {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: Duration(idle), logger: logger))
        return try NIOAsyncChannel(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }
}
