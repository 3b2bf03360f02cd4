/// One alert rule: what it looks at, and when that is worth an alert.
package struct AlertRule: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
        /// A figure of the host, one value for each key.
        case figure(AlertFigure)
        /// The rows of a plugin's table.
        case table(plugin: String, table: String)
    }

    package let name: String
    package var source: Source
    /// Of a table's row, by its columns; of a figure, its `value`.
    package var when: FilterCondition
    /// For how long that must hold, in microseconds.
    package var hold: Int64

    package init(_ name: String, _ source: Source, when: FilterCondition, hold: Int64) {
        self.name = name
        self.source = source
        self.when = when
        self.hold = hold
    }

    /// The field of a condition that a figure's value is.
    package static let value = "value"
}

/// What a host knows of its own health, by the names that settings have for it.
package enum AlertFigure: String, Sendable, CaseIterable {
    /// For how long the oldest record waits that a plugin has not folded: seconds, by plugin.
    case lagSeconds = "lag_seconds"
    /// Records that a plugin has not folded: by plugin.
    case lagMessages = "lag_messages"
    /// Dead letters of the last minute: by stage.
    case deadLetters = "dead_letters"
    /// Events of the last minute that a component could not read or fold, and that were skipped for it: by component.
    case failures
    /// 1 while a plugin does not fold: by plugin.
    case pluginAway = "plugin_away"
    /// 1 while a store, or the warehouse, does not answer: by store.
    case storeAway = "store_away"
    /// 1 while an output waits or has stopped: by output.
    case outputAway = "output_away"
    /// 1 while the host is not ready: by check.
    case notReady = "not_ready"
    /// Memory of host and workers, as a share of `reduction.memory`.
    case memoryRatio = "memory_ratio"
    /// Free space of the data folder's disk, as a share.
    case diskFreeRatio = "disk_free_ratio"

    /// Whether its value is 1 or nothing.
    var isState: Bool {
        switch self {
        case .pluginAway, .storeAway, .outputAway, .notReady: true
        case .lagSeconds, .lagMessages, .deadLetters, .failures, .memoryRatio, .diskFreeRatio: false
        }
    }
}

extension AlertRule {
    /// The rules that `alerts.presets` turns on by their names; all of them by default.
    package static let presets: [AlertRule] = [
        preset("lag", .lagSeconds, .above(30)),
        // Of the last minute, for two: it happens again and again.
        preset("failures", .failures, .above(0), minutes: 2),
        preset("plugins", .pluginAway, .above(0)), preset("stores", .storeAway, .above(0)),
        preset("outputs", .outputAway, .above(0)), preset("ready", .notReady, .above(0)),
        preset("memory", .memoryRatio, .above(1)), preset("disk", .diskFreeRatio, .below(0.05)),
    ]

    private static func preset(
        _ name: String, _ figure: AlertFigure, _ test: FilterTest, minutes: Int64 = 1
    ) -> AlertRule {
        AlertRule(name, .figure(figure), when: .test(field: value, test), hold: minutes * 60_000_000)
    }
}
