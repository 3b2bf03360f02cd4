/// A plugin that was found and read, but not loaded, because the settings or an operator say so. None of its code has run.
package struct PluginOff: Sendable, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        case disabled
        /// By an operator, while the host ran.
        case switchedOff(since: String)
        case notListed
        case version(pinned: String)
        case hash(pinned: String)
        /// A build that was put away; the one before runs.
        case quarantined(String)
    }

    package let identity: PluginIdentity
    /// The library's file.
    package let file: String
    package let why: Reason

    package init(identity: PluginIdentity, file: String, why: Reason) {
        self.identity = identity
        self.file = file
        self.why = why
    }

    package var id: String { identity.id }

    /// Whether the operator expects it to run, only not this build.
    package var isPinnedElsewhere: Bool {
        switch why {
        case .disabled, .switchedOff, .notListed, .quarantined: false
        case .version, .hash: true
        }
    }

    package var reason: String {
        switch why {
        case .disabled: "settings say enabled: false"
        case .switchedOff(let since):
            "an operator has disabled it, at \(since); it goes on from its checkpoint after `lectern plugin enable \(id)`"
        case .quarantined(let why): why
        case .notListed: "settings say plugins.only_listed: true, and have no plugins.\(id)"
        case .version(let pinned): "version \(identity.version) found, settings pin \(pinned)"
        case .hash(let pinned):
            "build \(identity.build.prefix(max(12, pinned.utf8.count))) found, settings pin \(pinned)"
        }
    }

    package var description: String { "\(id) \(identity.version) off: \(reason) (\(file))" }
}
