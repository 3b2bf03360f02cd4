/// Addresses within this host.
enum Address {
    static func dashboard(_ view: DashboardView) -> String {
        path("dashboards", view.plugin, view.dashboard) + query(view.selection)
    }

    static func stream(_ view: DashboardView) -> String {
        path("dashboards", view.plugin, view.dashboard, "stream") + query(view.selection)
    }

    static func path(_ parts: String...) -> String {
        parts.map { "/" + encoded($0) }.joined()
    }

    static func query(_ values: [String: String]) -> String {
        if values.isEmpty { return "" }
        return "?" + values.sorted { $0.key < $1.key }.map { "\(encoded($0))=\(encoded($1))" }.joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hexadecimal = String(byte, radix: 16, uppercase: true)
                result += hexadecimal.count == 1 ? "%0\(hexadecimal)" : "%\(hexadecimal)"
            }
        }
        return result
    }
}
