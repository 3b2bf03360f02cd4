/// A class of students, whose events come out in the order of time. A value: a copy goes on by itself.
struct SimulatedClass {
    private var students: [SimulatedStudent]
    /// The students' numbers as a heap: the one whose event is next comes first.
    private var agenda: [Int]

    init(students: Int, seed: UInt64) {
        self.students = (0..<students).map { SimulatedStudent(number: $0, seed: seed) }
        agenda = Array(0..<students)
        for index in stride(from: students / 2, through: 0, by: -1) { sink(index) }
    }

    /// When the next event happens; milliseconds since the class began.
    var time: Int64 { students[agenda[0]].time }

    mutating func next() -> SimulatedEvent {
        let event = students[agenda[0]].next()
        sink(0)
        return event
    }

    /// When the event number `count` happens.
    func time(ofEvent count: Int) -> Int64 {
        var rehearsal = self
        for _ in 1..<count { _ = rehearsal.next() }
        return rehearsal.time
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            var first = index
            for child in [2 * index + 1, 2 * index + 2] where child < agenda.count && isBefore(child, first) {
                first = child
            }
            if first == index { return }
            agenda.swapAt(index, first)
            index = first
        }
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        let (one, other) = (agenda[a], agenda[b])
        return (students[one].time, one) < (students[other].time, other)
    }
}
