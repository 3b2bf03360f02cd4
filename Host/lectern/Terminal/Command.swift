import ArgumentParser

/// How commands end: 0, 1 if the work failed, 64 for wrong use.
enum Command {
    /// Runs a command's work; an error becomes one message on standard error and exit code 1.
    static func run(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let code as ExitCode {
            throw code
        } catch let error as ValidationError {
            throw error
        } catch {
            Terminal.fail("\(error)")
            throw ExitCode.failure
        }
    }
}
