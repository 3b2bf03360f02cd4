import Synchronization

/// Workspaces for requests, which no event loop owns. Any thread.
final class Workspaces: Sendable {
    /// `@unchecked Sendable`: a parked workspace is used by nobody, and the lock hands each one out once.
    private struct Parked: @unchecked Sendable {
        let workspace: IngestWorkspace
    }

    private let configuration: IngestConfiguration
    private let parked = Mutex<[Parked]>([])
    /// More are not kept: so many requests are rarely decoded at once.
    private static let kept = 8

    init(_ configuration: IngestConfiguration) { self.configuration = configuration }

    func take() -> IngestWorkspace {
        parked.withLock { $0.popLast() }?.workspace ?? IngestWorkspace(configuration)
    }

    func give(_ workspace: IngestWorkspace) {
        let free = Parked(workspace: workspace)
        parked.withLock { if $0.count < Self.kept { $0.append(free) } }
    }
}
