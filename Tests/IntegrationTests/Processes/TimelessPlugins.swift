import Foundation

/// The plugins whose states follow from what events say alone: no ticks, no times of arrival. So a host's states can be
/// compared with the fold of the files that it was sent, which has neither.
struct TimelessPlugins {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for id in ["edx-tracking", "engagement", "quiz-analytics"] {
            try folder.copy(Installation.plugin(id), to: "\(id).so")
        }
    }

    var path: String { folder.path }
}
