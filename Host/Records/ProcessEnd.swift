import Glibc

/// How a process that this one began has ended.
package enum ProcessEnd: Sendable, Equatable {
    /// It called `exit` with this status.
    case code(Int32)
    case signal(Int32)

    /// - Parameter status: what `waitpid` has put there.
    package init(status: Int32) {
        let signal = status & 0x7f
        self = signal == 0 ? .code(status >> 8 & 0xff) : .signal(signal)
    }
}

extension ProcessEnd: CustomStringConvertible {
    package var description: String {
        switch self {
        case .code(let code): "exited with status \(code)"
        case .signal(let signal): "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
        }
    }
}
