import EventLog
import Glibc
import Records

// What the trees of a log cost: makes a log of a file's lines, a record a line, and then its trees.
//
//     merkle-tree EVENTS FOLDER
//
// Prints the records, the mean length of what is hashed for one (with the byte before it), and the nanoseconds of CPU time
// a record of hashing alone and of all that the trees cost: reading, hashing, writing, signing.

guard CommandLine.arguments.count == 3 else {
    print("expected: merkle-tree EVENTS FOLDER")
    exit(64)
}
let (file, folder) = (CommandLine.arguments[1], CommandLine.arguments[2])

func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

var configuration = EventLogConfiguration(directory: folder)
configuration.sync = false
var log = try EventLog.open(configuration)
let batch = RecordBatch()
var (records, bytes) = (0, 0)
guard let lines = fopen(file, "r") else {
    perror(file)
    exit(1)
}
var line: UnsafeMutablePointer<CChar>?
var capacity = 0
while case let length = getline(&line, &capacity, lines), length > 0 {
    var record = NewRecord()
    record.partition = UInt16(records % log.identity.partitions)
    record.payload = UnsafeRawBufferPointer(start: line, count: length - 1)
    try batch.append(record)
    records += 1
    guard batch.count == 1000 else { continue }
    bytes += batch.bytes.count
    log.append(batch)
    batch.removeAll()
}
bytes += batch.bytes.count
log.append(batch)
try log.close()

// What opening a log costs does not count: the trees' thread begins later.
configuration.integrity = true
log = try EventLog.open(configuration)
let opened = cpuSeconds()
try log.integrity?.publish()
try log.close()
let all = cpuSeconds() - opened
if let failure = log.integrity?.failure {
    print(failure)
    exit(1)
}

// The same hashes without anything around them, over memory that is in the cache as little as a log's.
let size = bytes / records
let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 20, alignment: 64)
memory.initializeMemory(as: UInt8.self, repeating: 7)
var tree = MerkleTree()
let start = cpuSeconds()
var at = 0
for _ in 0..<records {
    if at + size > memory.count { at = 0 }
    tree.append(.leaf(UnsafeRawBufferPointer(rebasing: memory[at..<at + size]))) { _ in }
    at += size
}
let hashing = cpuSeconds() - start

let nanoseconds = [hashing, all].map { "\(Int($0 * 1e9 / Double(records)))" }.joined(separator: " ")
print("\(records) \(size + 1) \(nanoseconds)")
