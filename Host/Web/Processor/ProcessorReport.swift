/// How the processing of events goes, at one moment.
package struct ProcessorReport: Sendable {
    /// A process that folds: the host, for the plugins that run in it, or a plugin's worker.
    package struct Worker: Sendable {
        /// The plugin's id, or `host`.
        package var name: String
        /// Nil while there is none.
        package var process: Int32?
        package var plugins: [String]
        /// Which share of its time each shard works, from 0 to 1.
        package var shares: [Double]
        package var lag: Lag
        package var durations: Durations

        package init(
            name: String, process: Int32?, plugins: [String], shares: [Double], lag: Lag, durations: Durations
        ) {
            self.name = name
            self.process = process
            self.plugins = plugins
            self.shares = shares
            self.lag = lag
            self.durations = durations
        }
    }

    /// How far something lies behind the log.
    package struct Lag: Sendable, Equatable {
        package var records: UInt64
        /// For how long the oldest of them waits; 0 if there is none.
        package var seconds: Double

        package init(records: UInt64 = 0, seconds: Double = 0) {
            self.records = records
            self.seconds = seconds
        }
    }

    /// How long events took from their arrival until they were folded.
    package struct Durations: Sendable {
        /// Upper bounds in seconds, and the events in each bucket, not added up: one bucket more than there are bounds.
        package var bounds: [Double]
        package var buckets: [UInt64]
        package var sum: Double

        package init(bounds: [Double], buckets: [UInt64], sum: Double) {
            self.bounds = bounds
            self.buckets = buckets
            self.sum = sum
        }
    }

    /// What states, values or tables are kept in.
    package struct Store: Sendable, Equatable {
        package var name: String
        package var type: String
        /// Why it does not answer; nil: it does.
        package var problem: String?

        package init(name: String, type: String, problem: String? = nil) {
            self.name = name
            self.type = type
            self.problem = problem
        }
    }

    /// Where processed events are published.
    package struct Output: Sendable, Equatable {
        package enum State: String, Sendable { case publishing, waiting, stopped }

        package var name: String
        package var type: String
        package var state: State
        /// Events that it has confirmed since the start.
        package var published: UInt64
        package var lag: Lag
        /// Why it waits or has stopped.
        package var problem: String?

        package init(
            name: String, type: String, state: State, published: UInt64, lag: Lag, problem: String? = nil
        ) {
            self.name = name
            self.type = type
            self.state = state
            self.published = published
            self.lag = lag
            self.problem = problem
        }
    }

    /// What enrichment has done since the start.
    package struct Enrichment: Sendable {
        /// Events that were enriched, by the ids of enrichers.
        package var events: [String: UInt64]
        /// Look-ups, and those that a cache answered.
        package var lookups: UInt64
        package var hits: UInt64

        package init(events: [String: UInt64], lookups: UInt64, hits: UInt64) {
            self.events = events
            self.lookups = lookups
            self.hits = hits
        }
    }

    /// An alert that fires.
    package struct Alert: Sendable, Equatable {
        package var id: String
        package var rule: String
        /// What it is about, and what was found.
        package var key: String
        package var value: String
        /// Microseconds since 1970 UTC.
        package var since: Int64

        package init(id: String, rule: String, key: String, value: String, since: Int64) {
            self.id = id
            self.rule = rule
            self.key = key
            self.value = value
            self.since = since
        }
    }

    /// Whether rules, enrichment and windows are on.
    package var isEnabled = true
    /// Why folding has stopped for good; nil: it has not.
    package var failure: String?
    package var workers: [Worker] = []
    package var stores: [Store] = []
    package var outputs: [Output] = []
    /// Those that fire, the newest first.
    package var alerts: [Alert] = []
    /// Why alerts can't be sent at the moment.
    package var alertProblem: String?
    /// Events since the start.
    package var processed: UInt64 = 0
    package var filtered: UInt64 = 0
    package var naturalDuplicates: UInt64 = 0
    package var syntheticDuplicates: UInt64 = 0
    /// Ids that dedup knows, in memory and in files.
    package var marks: (memory: Int, file: Int) = (0, 0)
    /// Of host and workers together, in bytes, and how much states may fill.
    package var memory: (used: Int, limit: Int)?
    /// Nil: nothing is enriched.
    package var enrichment: Enrichment?

    package init() {}
}
