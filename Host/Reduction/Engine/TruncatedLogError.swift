import EventLog
import KeyValueStore
import PluginHost

/// A plugin would have to fold records that the log no longer has. What is left gives other states, so nothing is guessed.
package struct TruncatedLogError: Error, CustomStringConvertible {
    package let plugin: String
    package let partition: Int
    /// Where the plugin stands; nil: nothing is stored of it that it could go on from.
    let position: UInt64?
    /// Where the log begins.
    let first: UInt64

    package var description: String {
        let gone = "the log's records before position \(first) of partition \(partition) were deleted (log.retention)"
        if let position {
            return
                "plugin \(plugin) stands at position \(position), and \(gone). Put back a copy of the log that has them, or "
                + "keep the plugin off: plugins.\(plugin).enabled: false"
        }
        return
            "plugin \(plugin) would have to fold the log from its first record, and \(gone). Go on with a build that reads "
            + "the states that are stored, or migrates them; or keep the plugin off: plugins.\(plugin).enabled: false"
    }
}

extension EngineParts {
    /// Checks that the log still has all that a build is going to fold.
    ///
    /// - Parameter checkpoints: what the build goes on from, by partition.
    /// - Throws: `TruncatedLogError`.
    func checkLog(holdsWhat build: PluginBuild, needsAfter checkpoints: [Int: RestoredCheckpoint]) throws {
        let first = log.firstPositions
        for partition in partitions where checkpoints[partition]?.position ?? 0 < first[partition] {
            throw TruncatedLogError(
                plugin: build.id, partition: partition,
                position: checkpoints.isEmpty ? nil : checkpoints[partition]?.position ?? 0,
                first: first[partition])
        }
    }
}
