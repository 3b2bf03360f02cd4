/// Why a JSON Web Token does not count. Says nothing of what stands in the token beyond what its holder knows.
package struct TokenRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    init(_ reason: String) { description = "the token is refused: " + reason }
}
