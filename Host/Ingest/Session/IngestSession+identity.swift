import CPluginAPI
import EventLog
import Records
import Settings

/// Who a connection is: from its first event on that says so, or by the token that it shows, and never anybody else.
extension IngestSession {
    /// Whether its events go on. Those that came before wait until it is known whose they are, and those of an actor who is
    /// back for the fields that his client locks.
    var isReady: Bool { identity != nil && !isVerifying && !isAwaitingLock }

    /// Finds out who the event in the workspace's row says that the connection is.
    func authenticate(_ row: UnsafePointer<lectern_value>) -> AuthenticationMethod.Outcome {
        if isVerifying { return .nothing }
        for method in service.configuration.authentication {
            let outcome = method.authenticate(
                { [workspace] in workspace.credentials[$0].map { row[$0] } ?? lectern_value() },
                connection.credentials, users: service.knownUsers, longest: service.configuration.nameBytes)
            if case .nothing = outcome { continue }
            return outcome
        }
        return .nothing
    }

    /// The client shows a token: its events wait until it is verified.
    func show(_ token: String) {
        guard service.tokens != nil, !connection.isTrusted, !connection.isRequest, !isVerifying else { return }
        isVerifying = true
        report.now.append(.verify(token))
    }

    /// Ends a verification.
    func take(_ verdict: Result<Identity, TokenRefusal>) {
        isVerifying = false
        switch verdict {
        case .failure(let refusal):
            report.messages.append(.refused(reason: refusal.description))
            // What came with the connection can't be shown again.
            if connection.credentials.token != nil, identity == nil {
                report.over = refusal.description
                report.closeCode = 1008
            }
        case .success(let found):
            if let identity {
                guard identity.safeUserID != found.safeUserID else { return }
                let reason = "this connection is somebody else's already; open another one"
                return report.messages.append(.refused(reason: "the token is refused: " + reason))
            }
            become(found)
        }
        if isReady { releaseBacklog() }
    }

    /// From now on the connection is this identity.
    func become(_ identity: Identity) {
        self.identity = identity
        identityName = StableBytes(identity.name)
        setActor(identity.safeUserID, .authentication)
        report.messages.append(.authenticated(userID: identity.userID))
        let limits = service.configuration
        if firstLock != nil {
            service.locks.note(identity.safeUserID, locked.json)
        } else if limits.lockTime > .zero, !connection.isRequest, service.locks.last(of: identity.safeUserID) != nil {
            isAwaitingLock = true
            report.now.append(.wake(limits.lockTime.microseconds))
        }
    }

    /// Fields have been locked.
    func noteLock() {
        if firstLock == nil { firstLock = locked }
        if let identity { service.locks.note(identity.safeUserID, locked.json) }
        guard isAwaitingLock else { return }
        isAwaitingLock = false
        if isReady { releaseBacklog() }
    }

    /// The lock has not come in time: the one before counts.
    func giveUpLock() {
        guard isAwaitingLock, let identity else { return }
        isAwaitingLock = false
        if let json = service.locks.last(of: identity.safeUserID) {
            locked = .restored(json, workspace)
            firstLock = locked
        }
        if isReady { releaseBacklog() }
    }

    /// What has waited goes on, in order. Events that came before anything was locked have waited for that.
    func releaseBacklog() {
        service.counters.release(backlog.bytes)
        let current = locked
        for entry in backlog.removeAll() {
            locked = entry.locked.isEmpty ? firstLock ?? entry.locked : entry.locked
            entry.withBytes { bytes in
                _ = workspace.extract(bytes)
                locked.apply(to: workspace.row)
                let another = entry.number > 0 && entry.number <= numbers.accepted
                let frame = Frame(
                    bytes: bytes, index: entry.index, number: entry.number, standing: another ? .repeated : .new)
                stage(frame, actor, at: entry.received)
            }
        }
        locked = current
        if waiting.isEmpty { numbers.takeHeld() }
        // Copies of what has waited are among them. If that fails, the next erasure removes them.
        if earlyNumber != 0, service.log.erased.contains(actor.id) { try? service.log.earlyFrames.removeAll() }
    }
}
