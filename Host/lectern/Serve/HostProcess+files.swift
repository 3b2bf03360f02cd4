import Ingest
import NIOPosix
import Reduction
import Rules

extension IngestService {
    /// Goes on with the files of rules and users as they come to be, until the task is cancelled. Says what came of it.
    func followFiles() async {
        guard blockList != nil || knownUsers != nil else { return }
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            if let trouble = knownUsers?.reload() {
                Terminal.warn("ingest.users.file: \(trouble); the users before go on")
            }
            do {
                guard let blockList, try blockList.reload() else { continue }
                Terminal.note("ingest.rules: the files have changed, and hold from now on")
                for warning in blockList.warnings { Terminal.warn(warning) }
            } catch {
                Terminal.warn("ingest.rules: \(error); the rules before go on")
            }
        }
    }
}

extension ReductionEngine {
    /// Goes on with the rules of a file as it comes to be, until the task is cancelled. Says what came of it.
    func follow(_ filters: FilterSource) async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            do {
                guard let rules = try filters.reload() else { continue }
                // Waits for the log.
                let areNew = try await NIOThreadPool.singleton.runIfActive { try self.setFilters(rules) }
                if areNew { Terminal.note("filters.file: the rules have changed, and hold from now on") }
            } catch {
                Terminal.warn("filters.file: \(error); the rules before go on")
            }
        }
    }
}
