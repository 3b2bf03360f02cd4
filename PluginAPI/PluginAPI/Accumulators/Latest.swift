/// The value with the latest time, whatever the order in which they come; of equal times, the larger value.
public struct Latest<Value: Codable & Comparable>: ReducerState {
    public private(set) var value: Value?
    public private(set) var time = Timestamp.distantPast

    public init() {}

    public mutating func offer(_ value: @autoclosure () -> Value, at time: Timestamp) {
        guard self.value == nil || time >= self.time else { return }
        let value = value()
        if let current = self.value, time == self.time, current >= value { return }
        self.value = value
        self.time = time
    }

    public mutating func merge(_ other: Latest) {
        if let value = other.value { offer(value, at: other.time) }
    }
}

extension Latest: StateCoding where Value: StateCoding {
    public func encode(into writer: inout StateWriter) {
        writer.map { map in
            map.field("time", time)
            if let value { map.field("value", value) }
        }
    }

    public init(from reader: inout StateReader) throws {
        var map = try reader.map()
        time = try map.read("time")
        value = try map.read("value", default: nil)
    }
}

extension Latest: Equatable where Value: Equatable {}
extension Latest: Sendable where Value: Sendable {}
