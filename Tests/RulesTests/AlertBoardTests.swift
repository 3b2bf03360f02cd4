import Rules
import Testing

@Suite("Which alerts fire")
struct AlertBoardTests {
    private static let minute: Int64 = 60_000_000

    private func rule(hold: Int64 = 0) -> AlertRule {
        AlertRule("r", .figure(.lagSeconds), when: .test(field: AlertRule.value, .above(1)), hold: hold)
    }

    private func sights(_ keys: String...) -> [AlertBoard.Sight] { keys.map { AlertBoard.Sight(key: $0, value: "v") } }

    @Test("one begins once for each key, and ends when its condition does, with one id")
    func once() {
        var board = AlertBoard(limit: 10)
        let begun = board.take(sights("a", "b"), of: rule(), now: 1)
        #expect(begun.map(\.key) == ["a", "b"])
        #expect(begun.allSatisfy { $0.state == .firing && $0.since == 1 && $0.until == nil })
        #expect(board.take(sights("a", "b"), of: rule(), now: 2).isEmpty)
        let ended = board.take(sights("b"), of: rule(), now: 3)
        #expect(ended.map(\.id) == [begun[0].id])
        #expect(ended.map(\.state) == [.resolved] && ended[0].until == 3)
        #expect(board.alerts.map(\.key) == ["b"])
    }

    @Test("another beginning is another alert")
    func again() {
        var board = AlertBoard(limit: 10)
        let first = board.take(sights("a"), of: rule(), now: 1)
        _ = board.take([], of: rule(), now: 2)
        let second = board.take(sights("a"), of: rule(), now: 3)
        #expect(second.count == 1 && second[0].id != first[0].id)
    }

    @Test("a condition must hold for its time without a break")
    func hold() {
        var board = AlertBoard(limit: 10)
        let rule = rule(hold: Self.minute)
        #expect(board.take(sights("a"), of: rule, now: 0).isEmpty)
        #expect(board.take([], of: rule, now: Self.minute / 2).isEmpty)
        #expect(board.take(sights("a"), of: rule, now: Self.minute).isEmpty)
        #expect(board.take(sights("a"), of: rule, now: Self.minute * 2 - 1).isEmpty)
        let begun = board.take(sights("a"), of: rule, now: Self.minute * 2)
        #expect(begun.map(\.since) == [Self.minute])
    }

    @Test("beyond the limit one begins when another has ended")
    func limit() {
        var board = AlertBoard(limit: 2)
        #expect(board.take(sights("a", "b", "c"), of: rule(), now: 1).map(\.key) == ["a", "b"])
        #expect(
            board.take(sights("b", "c"), of: rule(), now: 2).map { "\($0.key) \($0.state)" } == [
                "a resolved", "c firing",
            ])
    }

    @Test("those of another life go on, and end with their rules")
    func continued() {
        var board = AlertBoard(limit: 10)
        let begun = board.take(sights("a"), of: rule(), now: 1)
        var next = AlertBoard(begun, limit: 10)
        #expect(next.take(sights("a"), of: rule(), now: 2).isEmpty)
        #expect(next.keep([rule()], now: 3).isEmpty)
        #expect(next.keep([], now: 4).map(\.state) == [.resolved])
        #expect(next.alerts.isEmpty)
    }
}
