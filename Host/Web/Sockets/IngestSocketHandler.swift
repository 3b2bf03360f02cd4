import Ingest
import NIOCore

/// A WebSocket that brings events, on its event loop from the first byte to the last: what one read of the socket
/// brought is taken in at once, and what there is to answer goes out in one write.
final class IngestSocketHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case open
        /// A close frame is out; the client's is awaited.
        case closing
        case closed
    }

    private enum Pause {
        case log, writer, rate, lookups
    }

    private let service: IngestService
    private let connection: IngestConnection
    private let workspace: IngestWorkspace
    private let idle: TimeAmount
    private var session: IngestSession?
    private var reader: WebSocketReader
    private var phase = Phase.open
    private var pauses: Set<Pause> = []
    /// What this read brought. The workspace is shared with other connections, so it is used within one call only.
    private var unread: [ByteBuffer] = []
    private var context: ChannelHandlerContext?
    private var idleTask: RepeatedTask?
    private var patience: Scheduled<Void>?
    private var wasHeard = true
    private var isAsked = false
    private var verifying = false
    /// The session while events of it wait for what is looked up of them.
    private var lookingUp: IngestSession?

    /// How long a client may take to answer a close frame.
    private static let closingTime = TimeAmount.seconds(2)

    /// - Parameters:
    ///   - workspace: that of the channel's event loop.
    ///   - idle: after this long without a byte the client is asked, and after twice as long it is gone.
    init(_ service: IngestService, _ connection: IngestConnection, _ workspace: IngestWorkspace, idle: TimeAmount) {
        self.service = service
        self.connection = connection
        self.workspace = workspace
        self.idle = idle
        reader = WebSocketReader(limit: service.configuration.eventBytes)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let loop = context.eventLoop
        let handler = NIOLoopBound(self, eventLoop: loop)
        let session = IngestSession(
            service, connection, workspace, deliver: { outputs in loop.execute { handler.value.perform(outputs) } },
            lookedUp: { loop.execute { handler.value.goOn(on: loop) } })
        self.session = session
        idleTask = loop.scheduleRepeatedTask(initialDelay: idle, delay: idle) { _ in handler.value.checkIdle() }
        do throws(IngestRefusal) {
            perform(try session.open())
        } catch {
            perform([.send(Reply.refused(error)), .close(1013, error.reason)])
        }
        awaitAuthentication(handler, loop)
        // Bytes that came right behind the upgrade may be handed on without the end of a read.
        loop.execute { handler.value.takeUnread() }
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { unread.append(unwrapInboundIn(data)) }

    func channelReadComplete(context: ChannelHandlerContext) { takeUnread() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        set(.writer, !context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // The client is gone without a word; what it sent before counts.
            takeUnread()
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent:
            perform([.close(1001, "the host is about to stop")])
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func takeUnread() {
        guard phase != .closed, !unread.isEmpty else { return }
        wasHeard = true
        var outputs: [IngestOutput] = []
        var answers: [WebSocketReader.Control] = []
        do throws(WebSocketViolation) {
            for buffer in unread { answers += try read(buffer) }
        } catch {
            outputs.append(.close(error.code, error.reason))
        }
        unread.removeAll(keepingCapacity: true)
        if phase == .open, let session, workspace.frames.count > 0 {
            outputs = session.receive() + outputs
        } else {
            workspace.frames.removeAll()
        }
        perform(outputs, answers)
    }

    private func read(_ buffer: ByteBuffer) throws(WebSocketViolation) -> [WebSocketReader.Control] {
        try buffer.withUnsafeReadableBytes { (bytes) throws(WebSocketViolation) in
            try reader.read(bytes, into: &workspace.frames)
        }
    }

    /// Does what the session says, and answers control frames, with one write.
    private func perform(_ outputs: [IngestOutput], _ controls: [WebSocketReader.Control] = []) {
        guard let context, phase != .closed else { return }
        var buffer = context.channel.allocator.buffer(capacity: 0)
        var isAnswered = false
        for output in outputs where phase == .open {
            switch output {
            case .send(let text): WebSocketWriter.text(text, to: &buffer)
            case .close(let code, let reason): close(code, reason, &buffer)
            case .stopReading: set(.log, true)
            case .readOn: set(.log, false)
            case .pause(let time): rest(time)
            case .verify(let token): verify(token)
            case .wake(let time): wake(after: time)
            case .awaitLookups(let time): awaitLookups(time)
            case .fetch(let key): fetch(key)
            }
        }
        for control in controls {
            switch control {
            case .ping(let payload) where phase == .open: WebSocketWriter.control(.pong, payload, to: &buffer)
            case .ping, .pong: break
            case .close(let code):
                if phase == .open { WebSocketWriter.close(code ?? 1000, "", to: &buffer) }
                phase = .closing
                isAnswered = true
            }
        }
        if buffer.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(buffer), promise: nil) }
        // Both have said that it is over; what was written before is sent first.
        if isAnswered { context.close(promise: nil) }
    }

    /// What a client is worth that does not say who it is: some time, and no more.
    private func awaitAuthentication(_ handler: NIOLoopBound<IngestSocketHandler>, _ loop: any EventLoop) {
        let time = service.configuration.authenticationTime
        guard time > .zero, session?.isLate == true else { return }
        patience = loop.scheduleTask(in: TimeAmount(time)) {
            guard handler.value.session?.isLate == true else { return }
            let refusal = "it has not said who it is within \(time) (ingest.limits.authentication)"
            handler.value.perform([.close(1008, refusal)])
        }
    }

    /// The client is read again later. What it sends meanwhile stays on its side.
    private func rest(_ microseconds: Int64) {
        guard let context else { return }
        set(.rate, true)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .microseconds(microseconds)) { handler.value.set(.rate, false) }
    }

    private func wake(after microseconds: Int64) {
        guard let context else { return }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .microseconds(microseconds)) {
            guard let session = handler.value.session else { return }
            handler.value.perform(session.wake())
        }
    }

    /// The session stays until the token is verified, even if its connection does not: its events have come.
    private func verify(_ token: String) {
        guard let context, let session, let tokens = service.tokens else { return }
        let loop = context.eventLoop
        let bound = NIOLoopBound((handler: self, session: session), eventLoop: loop)
        verifying = true
        Task {
            let verdict = await tokens.verify(token)
            loop.execute { bound.value.handler.finish(bound.value.session, verdict) }
        }
    }

    private func finish(_ session: IngestSession, _ verdict: Result<Identity, TokenRefusal>) {
        verifying = false
        let outputs = session.finish(verdict)
        if phase == .closed { session.end() } else { perform(outputs) }
    }

    /// The session stays until its events have gone on, even if its connection does not.
    private func awaitLookups(_ microseconds: Int64) {
        guard let context, let session else { return }
        lookingUp = session
        set(.lookups, true)
        goOn(after: microseconds, on: context.eventLoop)
    }

    private func goOn(after microseconds: Int64, on loop: any EventLoop) {
        let handler = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: .microseconds(microseconds)) { handler.value.goOn(on: loop) }
    }

    private func goOn(on loop: any EventLoop) {
        guard let session = lookingUp else { return }
        let outputs = session.goOn()
        let isWaiting = session.isWaiting
        if !isWaiting { lookingUp = nil }
        guard phase == .closed else {
            set(.lookups, isWaiting)
            return perform(outputs)
        }
        if !isWaiting { return session.end() }
        for case .awaitLookups(let time) in outputs { goOn(after: time, on: loop) }
    }

    private func fetch(_ key: BlobKey) {
        guard let context, let blobs = service.blobs else { return perform([.send(Reply.blob(nil))]) }
        let loop = context.eventLoop
        let handler = NIOLoopBound(self, eventLoop: loop)
        Task {
            let answer: String
            do {
                answer = Reply.blob(try await blobs.value(of: key))
            } catch {
                answer = Reply.refused(
                    IngestRefusal(status: 503, reason: "fetch_blob: the store does not answer", retryAfter: 10))
            }
            loop.execute { handler.value.perform([.send(answer)]) }
        }
    }

    private func close(_ code: UInt16, _ reason: String, _ buffer: inout ByteBuffer) {
        guard let context else { return }
        WebSocketWriter.close(code, reason, to: &buffer)
        phase = .closing
        updateReading()
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.closingTime) { channel.close(promise: nil) }
    }

    private func set(_ pause: Pause, _ isPaused: Bool) {
        if isPaused { pauses.insert(pause) } else { pauses.remove(pause) }
        updateReading()
    }

    /// A client that is told to close is read on, for its answer.
    private func updateReading() {
        let isReading = pauses.isEmpty || phase != .open
        try? context?.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }

    private func checkIdle() {
        guard let context, phase == .open, pauses.isEmpty else { return }
        if wasHeard {
            wasHeard = false
            isAsked = false
        } else if isAsked {
            context.close(promise: nil)
        } else {
            isAsked = true
            var buffer = context.channel.allocator.buffer(capacity: 2)
            WebSocketWriter.control(.ping, [], to: &buffer)
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }
    }

    private func end() {
        guard phase != .closed else { return }
        phase = .closed
        idleTask?.cancel()
        patience?.cancel()
        if !verifying, lookingUp == nil { session?.end() }
        session = nil
        context = nil
        unread = []
    }
}
