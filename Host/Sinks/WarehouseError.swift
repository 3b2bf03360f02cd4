import PostgreSQL

/// Why a database did not take rows.
package enum WarehouseError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It can't be reached, or went away meanwhile: rows wait.
    case away(String)
    /// Another host owns the partition since.
    case fenced(plugin: String, partition: Int, epoch: UInt64, present: UInt64)
    /// It holds other rows than those that the changes follow.
    case lost(plugin: String)
    /// It refused: what was asked, and what it said.
    case refused(action: String, reason: String)

    package var description: String { description(of: "the warehouse") }

    /// - Parameter place: what did not take them.
    func description(of place: String) -> String {
        switch self {
        case .away(let reason): "\(place) can't be reached: \(reason)"
        case .fenced(let plugin, let partition, let epoch, let present):
            "\(place) refuses rows of \(plugin), partition \(partition): another host owns it (epoch \(present), "
                + "this one has \(epoch)); two hosts must not fold one log into one warehouse: stop one of them"
        case .lost(let plugin): "\(place) holds other rows of \(plugin) than were written last"
        case .refused(let action, let reason): "\(place) refused to \(action): \(reason)"
        }
    }
}

extension WarehouseError: PostgreSQLFailure {}
