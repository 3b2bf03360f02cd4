import Glibc
import KeyValueStore
import Records

// What storing checkpoints on a Redis server takes: commits of so many checkpoints at once, each of a plugin's partition of
// its own, whose block of states has about so many bytes.
//
//     redis-checkpoints PORT BYTES DEPTH COUNT
//
// The states have 200 bytes, and each partition four times as many as a block holds, so that all are replaced again and
// again and what has piled up is merged meanwhile. Prints the checkpoints stored in a second.

guard CommandLine.arguments.count == 5, let port = Int(CommandLine.arguments[1]),
    let size = Int(CommandLine.arguments[2]), let depth = Int(CommandLine.arguments[3]),
    let count = Int(CommandLine.arguments[4])
else {
    print("expected: redis-checkpoints PORT BYTES DEPTH COUNT")
    exit(64)
}

let log = [UInt8](repeating: 1, count: 16)
let store = try RedisStore(RedisConfiguration(place: .server(.tcp(host: "127.0.0.1", port: port))))
try await store.clear()
let epochs = try store.acquire(log: log, partitions: Array(0..<depth))

/// Four blocks, of other states each.
let blocks = (0..<4).map { part in
    var block = StateBlock(
        component: "progress", incarnation: 1, fields: ["actor"], spread: false, external: false, bytes: [], count: 0)
    let value: [UInt8] = [0x58, 180] + [UInt8](repeating: 7, count: 180)
    while block.bytes.count < size {
        let short: [UInt8] = [0x58, UInt8(min(180, max(0, size - 40)))]
        let state = size < 200 ? short + [UInt8](repeating: 7, count: Int(short[1])) : value
        block.append(key: KeyBytes.encode([.text("s\(part)-\(block.count)")]), value: state)
    }
    return block
}

let summary = [UInt8](repeating: 32, count: 1000)
func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
let began = now()
for step in 0..<max(1, count / depth) {
    try store.commit(
        (0..<depth).map { partition in
            Checkpoint(
                log: log, plugin: "benchmark", partition: partition, position: UInt64(step + 1),
                epoch: epochs[partition], blocks: [blocks[step % 4]], marks: [], summary: summary)
        })
}
print(Double(max(1, count / depth) * depth) / (now() - began))
