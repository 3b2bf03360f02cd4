import ArgumentParser
import Glibc
import KeyValueStore

struct KeyValueStoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kvs", abstract: "Look into the stores of a host, which may be running: states and other values.",
        subcommands: [GetCommand.self, KeysCommand.self, DumpCommand.self, LoadCommand.self])

    struct GetCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Print the values of keys, a line of JSON each.",
            discussion: """
                A state's key is KIND,PLUGIN.REDUCER@INCARNATION,FIELD:VALUE…, as `keys` shows it. A state is as of the last
                checkpoint.

                Examples:
                  lectern kvs get 'Internal,quiz-analytics.progress@1,actor:ada,domain:dsa'
                  lectern kvs get my-key --store cache
                """)

        @OptionGroup var store: StoreOptions

        @Argument(help: "The keys.")
        var keys: [String]

        func run() async throws {
            try await Command.run {
                let values = try await store.open().multiGet(keys)
                for (key, value) in zip(keys, values) {
                    guard let value else { throw InputFailure("no value for the key \(key)") }
                    print(value)
                }
            }
        }
    }

    struct KeysCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "keys", abstract: "Print the keys, a line each.",
            discussion: """
                Examples:
                  lectern kvs keys
                  lectern kvs keys Internal,quiz-analytics. | wc -l
                """)

        @OptionGroup var store: StoreOptions

        @Argument(help: "Only keys that begin like this.")
        var prefix = ""

        @Flag(help: "Print each key as a JSON text.")
        var json = false

        func run() async throws {
            try await Command.run {
                let store = try store.open()
                let output = OutputFile.standard
                var cursor: String?
                repeat {
                    let page = try await store.keys(prefix: prefix, after: cursor, limit: 10_000)
                    for key in page.keys { try output.write(line: json ? JSONOutput.line(key) : key) }
                    cursor = page.next
                } while cursor != nil
                try output.flush()
            }
        }
    }

    struct DumpCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dump", abstract: "Print all entries as lines of JSON, {\"key\":…,\"value\":…}.",
            discussion: """
                Examples:
                  lectern kvs dump > backup.jsonl
                  lectern kvs dump External, --data /var/lib/lectern
                """)

        @OptionGroup var store: StoreOptions

        @Argument(help: "Only keys that begin like this.")
        var prefix = ""

        func run() async throws {
            try await Command.run {
                let output = OutputFile.standard
                try await store.open().dump(prefix: prefix) { try output.write(text: $0) }
                try output.flush()
            }
        }
    }

    struct LoadCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "load", abstract: "Set the entries of a dump.",
            discussion: """
                States are left out: they come from the log alone.

                Examples:
                  lectern kvs load backup.jsonl --store cache
                  lectern kvs dump --store old | lectern kvs load - --store new
                """)

        @OptionGroup var store: StoreOptions

        @Argument(help: "The dump; '-' is standard input.")
        var file = "-"

        func run() async throws {
            try await Command.run {
                let result = try await store.open(readOnly: false).load(TextLines(file))
                print("\(result.values) values set, \(result.skippedStates) states left out")
            }
        }
    }
}

/// One of a host's stores.
struct StoreOptions: ParsableArguments {
    @OptionGroup var data: DataOptions

    @Option(help: ArgumentHelp("The store, as the settings name it (kvs).", valueName: "name"))
    var store = "default"

    func open(readOnly: Bool = true) throws -> any KeyValueStore {
        try data.stores(readOnly: readOnly).store(named: store)
    }
}

/// The lines of a file, without their ends.
struct TextLines: AsyncSequence, AsyncIteratorProtocol {
    private final class File {
        let pointer: UnsafeMutablePointer<FILE>
        init(_ pointer: UnsafeMutablePointer<FILE>) { self.pointer = pointer }
        deinit { fclose(pointer) }
    }

    private let file: File

    /// - Parameter path: `-` is standard input.
    init(_ path: String) throws(InputFailure) {
        guard let pointer = path == "-" ? fdopen(dup(0), "r") : fopen(path, "r") else {
            throw InputFailure("\(path): \(String(cString: strerror(errno)))")
        }
        file = File(pointer)
    }

    func makeAsyncIterator() -> TextLines { self }

    func next() async throws -> String? {
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        let count = getline(&line, &capacity, file.pointer)
        guard count > 0, let line else { return nil }
        let bytes = UnsafeRawBufferPointer(start: line, count: count)
        return String(decoding: bytes.last == 10 ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }
}
