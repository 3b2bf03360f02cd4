/// Events that were not folded, though plugins could read them.
package struct DroppedCounts: Sendable, Equatable {
    /// One with the same id came before and said the same: a client sent again what had arrived.
    package var natural: UInt64 = 0
    /// One with the same id came before and said something else: two events have one id, and one of them is a dead letter.
    package var synthetic: UInt64 = 0
    /// Events all of whose windows were over. Each plugin with windows counts for itself.
    package var late: UInt64 = 0

    package init() {}

    init(natural: UInt64, synthetic: UInt64, late: UInt64) {
        self.natural = natural
        self.synthetic = synthetic
        self.late = late
    }

    static func + (a: Self, b: Self) -> Self {
        Self(natural: a.natural + b.natural, synthetic: a.synthetic + b.synthetic, late: a.late + b.late)
    }

    /// Of plugins, which find the same duplicates as far as they fold the same events.
    static func together(_ counts: some Sequence<Self>) -> Self {
        counts.reduce(Self()) {
            Self(
                natural: max($0.natural, $1.natural), synthetic: max($0.synthetic, $1.synthetic),
                late: $0.late + $1.late)
        }
    }
}
