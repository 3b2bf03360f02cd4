import Foundation

/// A headless Chromium with one page, driven through its DevTools.
final class Chromium {
    private let folder: TemporaryFolder
    private let process: ChildProcess
    private let page: WebSocketClient
    private var number = 0
    /// What the page has asked the network for.
    private(set) var requests: [String] = []

    init() throws {
        folder = try TemporaryFolder()
        process = try ChildProcess(
            Installation.browser,
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--remote-debugging-port=0",
                "--user-data-dir=\(folder.path)", "about:blank",
            ])
        let mark = "DevTools listening on ws://127.0.0.1:"
        let process = process
        guard try eventually(seconds: 40, { process.isRunning && process.complained.contains(mark) }) else {
            throw Failure("no DevTools: \(process.complained)")
        }
        let text = process.complained
        let digits = text[text.range(of: mark)!.upperBound...].prefix { $0.isNumber }
        let port = UInt16(digits) ?? 0
        let list = try run("curl", ["-sS", "--max-time", "20", "http://127.0.0.1:\(port)/json/list"])
        let pages = try JSONSerialization.jsonObject(with: Data(list.utf8)) as? [[String: Any]] ?? []
        guard let address = pages.first(where: { $0["type"] as? String == "page" })?["webSocketDebuggerUrl"] as? String,
            let path = URL(string: address)?.path
        else { throw Failure("no page in \(list)") }
        page = try WebSocketClient(port: port, path: path)
        try call("Network.enable")
        try call("Page.enable")
    }

    /// Opens a page; returns when its document is complete, its streams still open.
    func open(_ address: String) throws {
        try call("Page.navigate", ["url": address])
        let script = "document.readyState == 'complete' && location.href != 'about:blank'"
        guard try eventually(seconds: 20, { try evaluate(script) as? Bool == true }) else {
            throw Failure("\(address) was not complete within 20 seconds")
        }
    }

    func setViewport(width: Int, height: Int) throws {
        try call(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
            ])
    }

    func setDark(_ isDark: Bool) throws {
        try call(
            "Emulation.setEmulatedMedia",
            [
                "features": [["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]]
            ])
    }

    /// Writes what the page looks like to LECTERN_SCREENSHOTS, if that is set.
    func keepScreenshot(_ name: String) throws {
        guard let folder = Installation.screenshots else { return }
        let answer = try call("Page.captureScreenshot", ["captureBeyondViewport": true])
        guard let data = (answer["data"] as? String).flatMap({ Data(base64Encoded: $0) }) else { return }
        try data.write(to: URL(filePath: "\(folder)/\(name).png"))
    }

    /// The value of an expression.
    func evaluate(_ script: String) throws -> Any? {
        let answer = try call("Runtime.evaluate", ["expression": script, "returnByValue": true])
        if let mistake = answer["exceptionDetails"] { throw Failure("\(script): \(mistake)") }
        return (answer["result"] as? [String: Any])?["value"]
    }

    @discardableResult
    private func call(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
        number += 1
        let message: [String: Any] = ["id": number, "method": method, "params": parameters]
        try page.send(String(decoding: try JSONSerialization.data(withJSONObject: message), as: UTF8.self))
        while true {
            guard case .text(let text) = try page.receive() else { throw Failure("\(method): the page has gone") }
            let answer = try JSONRow.object(text)
            if answer["method"] as? String == "Network.requestWillBeSent",
                let request = (answer["params"] as? [String: Any])?["request"] as? [String: Any]
            {
                requests.append(request["url"] as? String ?? "")
            }
            guard answer["id"] as? Int == number else { continue }
            if let mistake = answer["error"] { throw Failure("\(method): \(mistake)") }
            return answer["result"] as? [String: Any] ?? [:]
        }
    }
}
