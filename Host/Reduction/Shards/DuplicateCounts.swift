/// Events that were not folded, since one with the same id was before.
package struct DuplicateCounts: Sendable, Equatable {
    /// They said the same: a client sent again what had arrived.
    package var natural: UInt64 = 0
    /// They said something else: two events have one id, and one of them is a dead letter.
    package var synthetic: UInt64 = 0

    package init() {}

    init(natural: UInt64, synthetic: UInt64) {
        self.natural = natural
        self.synthetic = synthetic
    }

    static func + (a: Self, b: Self) -> Self {
        Self(natural: a.natural + b.natural, synthetic: a.synthetic + b.synthetic)
    }

    /// Of plugins, which find the same duplicates as far as they fold the same events.
    static func most(_ counts: some Sequence<Self>) -> Self {
        counts.reduce(Self()) {
            Self(natural: max($0.natural, $1.natural), synthetic: max($0.synthetic, $1.synthetic))
        }
    }
}
