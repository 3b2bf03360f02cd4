import CCurl
import Glibc
import Settings

/// Sends one message by HTTP. Any thread.
struct Webhook: Sendable {
    let configuration: WebhookConfiguration

    /// Posts a JSON object and waits for the answer.
    ///
    /// - Parameter id: the same for each attempt of one message, so that a receiver can tell that it has it.
    /// - Returns: why it was not taken, without the address; nil: it was.
    func post(_ json: String, id: String) -> String? {
        var headers = ["Content-Type: application/json", "Idempotency-Key: \(id)"]
        if let secret = configuration.secret { headers.append("\(configuration.header): \(secret.value)") }
        let lines = headers.map { line -> UnsafePointer<CChar>? in UnsafePointer(strdup(line)) }
        defer { for line in lines { free(UnsafeMutablePointer(mutating: line)) } }
        var json = json
        let milliseconds =
            configuration.timeout.components.seconds * 1000
            + configuration.timeout.components.attoseconds / 1_000_000_000_000_000
        let fetched = json.withUTF8 { body in
            (lines + [nil]).withUnsafeBufferPointer { lines in
                body.withMemoryRebound(to: CChar.self) {
                    lectern_post(
                        configuration.url.value, $0.baseAddress, $0.count, lines.baseAddress, Int(milliseconds))
                }
            }
        }
        if 200..<300 ~= fetched.status { return nil }
        return withUnsafeBytes(of: fetched.error) { error in
            String(decoding: error.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
