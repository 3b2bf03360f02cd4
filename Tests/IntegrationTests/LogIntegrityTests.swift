import Foundation
import Testing

extension IntegrationTests {
    @Suite("Tamper evidence")
    struct LogIntegrityTests {
        private let folder: TemporaryFolder
        private let data: String
        private var integrity: String { "\(data)/log/integrity" }

        init() throws {
            folder = try TemporaryFolder()
            data = "\(folder.path)/data"
        }

        private func lectern(_ arguments: String...) throws -> (
            exit: ChildProcess.Exit, printed: String, complained: String
        ) {
            let process = try ChildProcess(Installation.lectern, arguments)
            return (try process.wait(), process.printed, process.complained)
        }

        /// A host that signs every 100 milliseconds and has taken a class.
        private func host(events: Int = 2_000) throws -> HostProcess {
            let host = try HostProcess(
                data: data,
                settings: ["ingest.trust=loopback", "log.integrity=true", "log.tree_heads=100ms"])
            let arguments = ["simulate", "--to", host.address, "--events", "\(events)", "--json"]
            #expect(try ChildProcess(Installation.lectern, arguments).wait() == .code(0))
            return host
        }

        private func verify(_ more: String...) throws -> [String: Any] {
            let arguments = ["log", "verify", "--data", data, "--json"] + more
            return try JSONRow.object(try run(Installation.lectern, arguments))
        }

        @Test("the log of a host verifies while it runs, after a crash, and after its end")
        func untouched() throws {
            let host = try host()
            #expect(try eventually { (try verify()["heads"] as? Int ?? 0) > 0 })
            host.crash()
            #expect((try verify()["problems"] as? [Any])?.isEmpty == true)
            try host.restart()
            #expect(try host.stop() == .code(0))
            let found = try verify()
            #expect((found["problems"] as? [Any])?.isEmpty == true)
            #expect(found["unsigned"] as? Int == 0)
            #expect(found["records"] as? Int ?? 0 >= 2_000)
        }

        @Test("a flipped bit ends the check with 1 and is named with its place")
        func flipped() throws {
            #expect(try host().stop() == .code(0))
            let segment = "\(data)/log/0000000001.segment"
            var bytes = try Data(contentsOf: URL(filePath: segment))
            // In the bytes of an event: where a record's own header is damaged, nobody can say whose it was.
            let event = try #require(bytes.range(of: Data(#""event_type":"#.utf8), options: .backwards))
            bytes[event.upperBound] ^= 4
            try bytes.write(to: URL(filePath: segment))
            let found = try lectern("log", "verify", "--data", data)
            #expect(found.exit == .code(1))
            #expect(found.complained.hasPrefix("error: \(segment), byte "))
            #expect(found.complained.contains(": partition ") && found.complained.contains(", position "))
            let json = try lectern("log", "verify", "--data", data, "--json")
            let problem = try #require((try JSONRow.object(json.printed)["problems"] as? [[String: Any]])?.first)
            #expect(problem["file"] as? String == segment && problem["segment"] as? Int == 1)
            #expect(problem["byte"] is Int && problem["partition"] is Int && problem["position"] is Int)
        }

        @Test("what prove prints is a proof for someone who has the public key alone")
        func proofs() throws {
            let host = try host(events: 500)
            #expect(try host.stop() == .code(0))
            let heads = try lines(of: "\(integrity)/heads.jsonl").map(JSONRow.object)
            let partition = try #require(heads.compactMap { $0["partition"] as? Int }.first)
            let key = try folder.write("public.pem", Data(contentsOf: URL(filePath: "\(integrity)/public.pem")))
            try host.restart()
            #expect(
                try lectern("simulate", "--to", host.address, "--events", "500", "--seed", "2", "--json").exit
                    == .code(0))
            #expect(try host.stop() == .code(0))
            let size = try #require(heads.first { $0["partition"] as? Int == partition }?["size"] as? Int)
            for arguments in [["--position", "0"], ["--from", "\(size)"]] {
                let proof = try folder.write(
                    "proof.json",
                    try run(
                        Installation.lectern,
                        ["log", "prove", "--data", data, "--partition", "\(partition)"] + arguments
                    ).utf8)
                #expect(try lectern("log", "verify", "--proof", proof, "--key", key).exit == .code(0))
                let text = try String(contentsOfFile: proof, encoding: .utf8)
                let forged = try folder.write(
                    "forged.json", text.replacingOccurrences(of: "\"path\":[\"", with: "\"path\":[\"00").utf8)
                #expect(try lectern("log", "verify", "--proof", forged, "--key", key).exit == .code(1))
            }
        }

        @Test("openssl accepts the signature of a tree head")
        func signature() throws {
            #expect(try host(events: 100).stop() == .code(0))
            var head = try JSONRow.object(try #require(lines(of: "\(integrity)/heads.jsonl").last))
            let signature = try #require(Data(base64Encoded: head.removeValue(forKey: "signature") as? String ?? ""))
            let message = try JSONSerialization.data(
                withJSONObject: head, options: [.sortedKeys, .withoutEscapingSlashes])
            let check = [
                "pkeyutl", "-verify", "-pubin", "-inkey", "\(integrity)/public.pem", "-rawin", "-in",
                try folder.write("message", message), "-sigfile", try folder.write("signature", signature),
            ]
            #expect(try run("openssl", check).contains("Verified Successfully"))
        }
    }
}
