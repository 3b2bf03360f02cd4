import Glibc

/// What tells one state of a file from another without reading it: its size, its time of change and which file it is.
package struct FileStamp: Equatable, Sendable {
    private let size: Int64
    private let seconds: Int
    private let nanoseconds: Int
    private let inode: UInt64

    /// Nil if there is no such file.
    package init?(_ file: String) {
        var status = stat()
        guard stat(file, &status) == 0 else { return nil }
        size = Int64(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
        inode = UInt64(status.st_ino)
    }
}
