import ArgumentParser
import EventLog

struct LogEarlyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "early", abstract: "Print the frames that came before their connection had said who it is.",
        discussion: """
            A line of JSON for each, the oldest first: when it came, a number for its connection, the address that it came from,
            and the frame as text or, if it is not UTF-8, in base64. They are no part of the log. Only the youngest are there
            (log.early.limit).

            Examples:
              lectern log early --data /var/lib/lectern
              lectern log early | jq -r .peer | sort | uniq -c
            """)

    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Command.run {
            let output = OutputFile.standard
            try EarlyFrames.forEachLine(log: try data.logFolder()) { line in
                try output.write(line: line)
                return true
            }
            try output.end()
        }
    }
}
