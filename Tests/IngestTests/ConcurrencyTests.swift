import Foundation
import Ingest
import Testing

/// Several threads, as event loops are.
@Suite struct ConcurrencyTests {
    /// Both sockets send the same 2,000 frames at once, in small reads; each frame is stored once, in order.
    @Test func socketsOfOneClientStoreEachFrameOnce() throws {
        let rig = try Rig()
        let service = rig.service
        let configuration = rig.configuration
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            guard let connection = try? service.connection(from: IngestPeer(ip: "203.0.113.1"), query: "client=c&seq=1")
            else { return }
            let workspace = IngestWorkspace(configuration)
            let session = IngestSession(service, connection, workspace)
            for number in 1...2_000 {
                Data(#"{"event":"e","user_id":"u1","n":\#(number)}"#.utf8).withUnsafeBytes {
                    workspace.frames.append(text: $0)
                }
                if number % (3 + thread) == 0 || number == 2_000 { _ = session.receive() }
            }
            session.end()
        }
        #expect(try rig.events().map(\.sequence) == Array(1...2_000))
        #expect(rig.service.counters.accepted == 2_000)
        #expect(rig.service.counters.duplicates == 6_000)
    }

    @Test func requestsAndSocketsOfOneStudentLoseNothing() async throws {
        let rig = try Rig { $0.trust = .loopback }
        let service = rig.service
        let configuration = rig.configuration
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    let peer = IngestPeer(ip: "127.0.0.1")
                    guard let connection = try? service.connection(from: peer) else { return }
                    let workspace = IngestWorkspace(configuration)
                    let session = IngestSession(service, connection, workspace)
                    for number in 0..<500 {
                        let event = Array(#"{"event":"e","user_id":"u1","n":\#(number),"worker":\#(worker)}"#.utf8)
                        event.withUnsafeBytes { workspace.frames.append(text: $0) }
                        _ = session.receive()
                    }
                    session.end()
                }
                group.addTask {
                    for number in 0..<100 {
                        let event = Array(#"{"event":"h","user_id":"u1","n":\#(number),"worker":\#(worker)}"#.utf8)
                        _ = await service.answer(EventRequest(peer: IngestPeer(ip: "127.0.0.1"), body: event))
                    }
                }
            }
        }
        let events = try rig.events()
        #expect(events.count == 2_400)
        #expect(Set(events.map(\.payload)).count == 2_400)
    }
}
