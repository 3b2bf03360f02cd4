import CRecords

/// What stands before each state in memory.
struct StateHeader {
    /// The key, as the state's table has it.
    var key: UInt64
    /// The checkpoint for which the state was last changed; 0 if the last checkpoint holds it as it is.
    var epoch: UInt32
    var partition: UInt16
    /// The partition of a place without a state.
    static let nowhere = UInt16.max
    /// The last bits of the checkpoint for which the state was last changed, whether one holds it or not.
    var touched: UInt16 = 0
}

/// Memory for the states of one reducer: they lie side by side and never move. Not thread-safe.
struct Slab: ~Copyable {
    /// Bytes from one state to the next.
    private let stride: Int
    /// Bytes before the first state of a chunk.
    private let lead: Int
    private let chunkSize: Int
    private var chunks: [UnsafeMutableRawPointer] = []
    private var next: UnsafeMutableRawPointer?
    private var left = 0
    /// Places whose states have ended.
    private var free: [UnsafeMutableRawPointer] = []
    private(set) var count = 0

    init(size: Int, alignment: Int) {
        let alignment = max(alignment, MemoryLayout<StateHeader>.alignment)
        lead = (MemoryLayout<StateHeader>.size + alignment - 1) / alignment * alignment
        stride = (lead + size + alignment - 1) / alignment * alignment
        // Large enough for a huge page where states are many, small where a module has a few.
        chunkSize = 2 << 20
    }

    deinit {
        for chunk in chunks { lectern_pages_free(chunk, chunkSize) }
    }

    /// Room for one more state, behind a header. The state is not made yet.
    @inline(__always)
    mutating func take(key: UInt64, partition: UInt16) -> UnsafeMutableRawPointer {
        let state: UnsafeMutableRawPointer
        if let place = free.popLast() {
            state = place
        } else {
            if left == 0 { addChunk() }
            state = next! + lead
            next = next! + stride
            left -= 1
        }
        (state - MemoryLayout<StateHeader>.size).assumingMemoryBound(to: StateHeader.self)
            .initialize(to: StateHeader(key: key, epoch: 0, partition: partition))
        count += 1
        return state
    }

    /// Takes back the room of a state that has ended, or could not be made.
    mutating func giveBack(_ state: UnsafeMutableRawPointer) {
        state.header.pointee.partition = StateHeader.nowhere
        state.header.pointee.epoch = 0
        free.append(state)
        count -= 1
    }

    /// Calls with each state, in the order of their memory.
    func forEach<Failure>(_ body: (UnsafeMutableRawPointer) throws(Failure) -> Void) throws(Failure) {
        let capacity = chunkSize / stride
        for (index, chunk) in chunks.enumerated() {
            let taken = index == chunks.count - 1 ? capacity - left : capacity
            for place in 0..<taken {
                let state = chunk + place * stride + lead
                if state.header.pointee.partition != StateHeader.nowhere { try body(state) }
            }
        }
    }

    /// Calls with each state, in the order of their memory, and gives that back. Nothing is left.
    mutating func drain(_ body: (UnsafeMutableRawPointer) -> Void) {
        let capacity = chunkSize / stride
        for (index, chunk) in chunks.enumerated() {
            let taken = index == chunks.count - 1 ? capacity - left : capacity
            for place in 0..<taken {
                let state = chunk + place * stride + lead
                if state.header.pointee.partition != StateHeader.nowhere { body(state) }
            }
            lectern_pages_free(chunk, chunkSize)
        }
        chunks = []
        free = []
        (left, count) = (0, 0)
    }

    private mutating func addChunk() {
        let chunk = lectern_pages(chunkSize)!
        chunks.append(chunk)
        next = chunk
        left = chunkSize / stride
    }
}

extension UnsafeMutableRawPointer {
    /// The header of the state at this address.
    @inline(__always)
    var header: UnsafeMutablePointer<StateHeader> {
        (self - MemoryLayout<StateHeader>.size).assumingMemoryBound(to: StateHeader.self)
    }
}
