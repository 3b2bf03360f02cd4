import EventLog
import Ingest
import Testing

/// Clients that send more events than they may.
@Suite struct RateTests {
    private func rig(connection: (Int, Int) = (0, 1), actor: (Int, Int) = (0, 1)) throws -> Rig {
        try Rig {
            $0.connectionRate = RateLimit.Setting(perSecond: connection.0, burst: connection.1)
            $0.actorRate = RateLimit.Setting(perSecond: actor.0, burst: actor.1)
        }
    }

    private func pauses(_ client: TestClient) throws -> [Int] { try client.replies().compactMap { $0["pause"].number } }

    private let five = (0..<5).map { _ in #"{"event":"a","user_id":"u1"}"# }

    @Test func theyAreReadMoreSlowlyAndLoseNothing() throws {
        let rig = try rig(connection: (10, 3))
        let client = try rig.connect()
        client.send(five)
        // Two more than the burst, at a tenth of a second each.
        #expect(try pauses(client) == [200_000])
        rig.advance(microseconds: 200_000)
        client.send(#"{"event":"b"}"#)
        #expect(try pauses(client) == [100_000])
        #expect(try rig.events().count == 6)
    }

    @Test func theyAreToldOnceWhichLimitItIsAndForHowLong() throws {
        let rig = try rig(actor: (10, 3))
        let client = try rig.connect()
        client.send(five)
        client.send(five)
        let told = try client.replies().filter { $0["status"].text == "slow" }
        #expect(
            told == [
                JSON(
                    """
                    {"status":"slow","retry_after":0.2,
                    "reason":"more than 10 events a second (ingest.limits.actor): they are read more slowly"}
                    """)
            ])
    }

    @Test func anActorsConnectionsShareARate() throws {
        let rig = try rig(actor: (10, 3))
        let clients = try [rig.connect(), rig.connect()]
        clients[0].send(Array(five.prefix(3)))
        #expect(try pauses(clients[0]) == [])
        clients[1].send(#"{"event":"b","user_id":"u1"}"#)
        #expect(try pauses(clients[1]) == [100_000])
        let another = try rig.connect()
        another.send(#"{"event":"b","user_id":"u2"}"#)
        #expect(try pauses(another) == [])
    }

    @Test func whatComesInTimeIsNotSlowedDown() throws {
        let rig = try rig(connection: (10, 3), actor: (10, 3))
        let client = try rig.connect()
        for _ in 0..<50 {
            client.send(#"{"event":"a","user_id":"u1"}"#)
            rig.advance(microseconds: 100_000)
        }
        #expect(try pauses(client) == [])
    }

    @Test func aPublisherIsAsFastAsHeLikes() throws {
        let rig = try rig(connection: (10, 3), actor: (10, 3))
        var credentials = Credentials()
        credentials.isPublisher = true
        let client = try rig.connect(credentials: credentials)
        client.send(five)
        #expect(try pauses(client) == [])
    }
}
