import Foundation

/// A state's key as stores and the API write it: `actor:ada,hour:=491625`, sorted by name, percent-encoded.
enum StateKeyText {
    private static let kept = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~@-")

    static func of(_ key: [String: Any]) -> String {
        key.sorted { $0.key < $1.key }.map { name, value in
            // What is no text begins with a character that no encoded text has.
            let text = (value as? String).map(encode) ?? "=\(value)"
            return "\(encode(name)):\(text)"
        }.joined(separator: ",")
    }

    private static func encode(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: kept) ?? ""
    }
}
