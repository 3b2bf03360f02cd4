import Records

/// Commands that go to one server together, and what to do until they are answered.
struct RedisRequest: Sendable {
    /// Which of the connections of a server.
    enum Role: Sendable, Hashable {
        case values(Int)
        case checkpoints
        /// For what is large and must hold nobody up.
        case reading
    }

    /// Where it goes.
    enum Route: Sendable {
        /// To whoever has the slot.
        case slot(Int)
        /// To this server, wherever slots are.
        case server(RedisAddress)
        /// To one connection, where something was said that this builds on.
        case connection(RedisPath)
    }

    var commands: RedisCommands
    var route: Route
    var role: Role
    /// Whether it may be sent again after a connection was lost: nothing changes if it is carried out twice.
    var isRepeatable: Bool
    /// When to give up, on the monotonic clock; nil: when the store closes.
    var deadline: Int64?
}

/// A connection, and how it was spoken to.
struct RedisPath: Sendable, Equatable {
    var server: RedisAddress
    /// As a node that takes a slot over.
    var asking: Bool
    /// Of the connection.
    var number: Int
}

/// What came of a request.
struct RedisAnswer: Sendable {
    /// One for each command. Errors of the commands are among them, but those that passed.
    var replies: [RedisReply]
    var path: RedisPath

    /// The first error, also one within a transaction.
    var error: String? {
        for reply in replies {
            if let error = reply.error { return error }
            if let error = reply.list?.lazy.compactMap(\.error).first { return error }
        }
        return nil
    }
}
