extension Comparable {
    /// Keeps the larger of the two.
    @inlinable
    public mutating func raise(to other: Self) {
        if other > self { self = other }
    }

    /// Keeps the smaller of the two.
    @inlinable
    public mutating func lower(to other: Self) {
        if other < self { self = other }
    }
}

extension Optional where Wrapped: Comparable {
    /// Keeps the larger of the two; nil is below everything.
    @inlinable
    public mutating func raise(to other: Wrapped?) {
        guard let other else { return }
        if let current = self, current >= other { return }
        self = other
    }

    /// Keeps the smaller of the two; nil is above everything.
    @inlinable
    public mutating func lower(to other: Wrapped?) {
        guard let other else { return }
        if let current = self, current <= other { return }
        self = other
    }
}
