import CPluginAPI
import Glibc
import Records

/// Calls a reducer's functions as the host does and says which of the ABI's rules they break. Not thread-safe.
///
/// A rule that is broken badly ends the process: let it run in one of its own.
package struct ReducerCheck {
    private let functions: lectern_reducer
    let timer: TimerComponent?

    package init(_ reducer: ReducerComponent) {
        functions = reducer.raw
        timer = reducer.timer
    }

    /// The bytes of the empty state.
    package var emptyState: [UInt8] { withMemory { encoded($0) } }

    /// The bytes that a state is stored as.
    package func encoded(_ state: UnsafeRawPointer) -> [UInt8] {
        PluginOutput.bytes { functions.encode(functions.context, state, $0) }
    }

    /// What is wrong with a state's stored form: it must be canonical, and reading it must give a state of the same
    /// form.
    package func problem(inState state: UnsafeRawPointer) -> String? {
        let bytes = encoded(state)
        if let problem = CBOR.canonicalProblem(in: bytes) {
            return
                "expected core deterministic CBOR (RFC 8949, 4.2) from encode; \(problem); \(PluginOutput.shown(bytes))"
        }
        if functions.external != nil {
            let external = PluginOutput.bytes { functions.external(functions.context, state, $0) }
            if CBOR.json(of: external) == nil {
                return "expected one CBOR item from external, found \(PluginOutput.shown(external))"
            }
        }
        return problem(inBytes: bytes)
    }

    package func problemInEmptyState() -> String? { withMemory { problem(inState: $0) } }

    private func problem(inBytes bytes: [UInt8]) -> String? {
        switch decoded(bytes, { encoded($0) }) {
        case .refused(let status):
            return "expected decode to take what encode wrote, found status \(status); \(PluginOutput.shown(bytes))"
        case .made(let again):
            guard again != bytes else { return nil }
            return
                "expected decode and encode to give the same bytes, found \(PluginOutput.shown(again)) for \(PluginOutput.shown(bytes))"
        }
    }

    /// What is wrong with how decode refuses bytes that were cut off: each beginning of them is tried, with unreadable
    /// memory right behind it, so that reading on ends the process.
    package func problemInBeginnings(of bytes: [UInt8]) -> String? {
        let page = sysconf(Int32(_SC_PAGESIZE))
        let room = (bytes.count / page + 1) * page
        guard let memory = mmap(nil, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED
        else { return "no memory for the check: \(String(cString: strerror(errno)))" }
        defer { munmap(memory, room + page) }
        let end = memory + room
        mprotect(end, page, PROT_NONE)
        for count in bytes.indices {
            let start = end - count
            start.copyMemory(from: Array(bytes[..<count]), byteCount: count)
            let made = decoded(UnsafeRawBufferPointer(start: start, count: count)) { _ in }
            if case .made = made {
                return "expected decode to refuse the first \(count) of \(bytes.count) bytes, found LECTERN_OK; "
                    + PluginOutput.shown(bytes)
            }
        }
        return nil
    }

    /// What is wrong with `merge`: merged into the empty state, a state must stay what it is, and the order of two must
    /// not matter.
    package func problemInMerge(of first: [UInt8], and second: [UInt8]) -> String? {
        guard functions.merge != nil else { return nil }
        if let alone = merged([first]), alone != first {
            return
                "expected a state that is merged into the empty one to stay the same, found \(PluginOutput.shown(alone)) "
                + "for \(PluginOutput.shown(first))"
        }
        if let there = merged([first, second]), let back = merged([second, first]), there != back {
            return
                "expected merge to give the same in any order, found \(PluginOutput.shown(there)) and \(PluginOutput.shown(back)) "
                + "for \(PluginOutput.shown(first)) and \(PluginOutput.shown(second))"
        }
        return nil
    }

    /// The bytes of states that are merged into the empty state; nil if one can't be decoded.
    private func merged(_ states: [[UInt8]]) -> [UInt8]? {
        withMemory { sum in
            for state in states {
                let result = decoded(state) { functions.merge(functions.context, sum, $0) }
                guard case .made = result else { return nil }
            }
            return encoded(sum)
        }
    }

    // MARK: Calls

    enum Decoded<Result> {
        case made(Result)
        case refused(lectern_status)
    }

    func decoded<Result>(_ bytes: [UInt8], _ body: (UnsafeMutableRawPointer) -> Result) -> Decoded<Result> {
        bytes.withUnsafeBytes { decoded($0, body) }
    }

    private func decoded<Result>(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeMutableRawPointer) -> Result
    ) -> Decoded<Result> {
        let state = allocate()
        defer { state.deallocate() }
        let status = functions.decode(functions.context, bytes.baseAddress, UInt64(bytes.count), state)
        guard status == LECTERN_OK else { return .refused(status) }
        defer { functions.destroy?(functions.context, state) }
        return .made(body(state))
    }

    /// Calls with an empty state.
    private func withMemory<Result>(_ body: (UnsafeMutableRawPointer) -> Result) -> Result {
        let state = allocate()
        defer { state.deallocate() }
        functions.`init`(functions.context, state)
        defer { functions.destroy?(functions.context, state) }
        return body(state)
    }

    /// Memory full of what no state expects there: the host does not promise zeros.
    private func allocate() -> UnsafeMutableRawPointer {
        let size = max(Int(functions.state_size), 1)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: max(Int(functions.state_align), 16))
        memory.initializeMemory(as: UInt8.self, repeating: 0xa5, count: size)
        return memory
    }
}
