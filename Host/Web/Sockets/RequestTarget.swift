/// The target of a request, `/path?query`.
struct RequestTarget {
    let path: String
    let query: String

    init(_ target: String) {
        let mark = target.firstIndex(of: "?") ?? target.endIndex
        path = String(target[..<mark])
        query = String(target[mark...].dropFirst())
    }

    /// A parameter that needs no decoding; nil if it is not there.
    func parameter(_ name: String) -> String? {
        for pair in query.split(separator: "&") where pair.hasPrefix("\(name)=") {
            return String(pair.dropFirst(name.count + 1))
        }
        return nil
    }
}
