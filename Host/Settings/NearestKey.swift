/// The candidate that differs from `word` by the fewest inserted, removed or changed letters, if it is near enough to
/// be what was meant: a third of the word's letters, and two at least.
package func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
    let scored = candidates.map { (distance(Array(word.lowercased()), Array($0.lowercased())), $0) }
    guard let best = scored.min(by: { $0 < $1 }), best.0 <= max(2, word.count / 3), best.0 < best.1.count else {
        return nil
    }
    return best.1
}

/// Levenshtein's distance.
private func distance(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in b.enumerated() {
            (diagonal, row[j + 1]) = (row[j + 1], min(diagonal + (letter == other ? 0 : 1), row[j] + 1, row[j + 1] + 1))
        }
    }
    return row[b.count]
}
