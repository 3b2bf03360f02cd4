import Glibc

/// The resident memory of a process at one moment, in bytes.
package struct ProcessMemory: Sendable {
    package let resident: Int
    /// The part that no file and no other process shares.
    package let own: Int

    /// Nil if there is no such process.
    package init?(of id: Int32) {
        guard let file = fopen("/proc/\(id)/statm", "r") else { return nil }
        defer { fclose(file) }
        var total = 0, resident = 0, shared = 0
        let read = withUnsafeMutablePointer(to: &total) { total in
            withUnsafeMutablePointer(to: &resident) { resident in
                withUnsafeMutablePointer(to: &shared) { shared in
                    withVaList([total, resident, shared]) { vfscanf(file, "%ld %ld %ld", $0) }
                }
            }
        }
        guard read == 3 else { return nil }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        self.resident = resident * page
        own = (resident - shared) * page
    }
}
