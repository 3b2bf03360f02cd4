package import Sinks

/// The warehouse, as something that holds what students have sent. Its rows follow from the states, so they are all removed,
/// and written again from what is left when the host starts.
package struct WarehouseHolder: RecordHolder {
    private let configuration: WarehouseConfiguration

    /// Nil if the settings want no warehouse.
    package init?(_ configuration: WarehouseConfiguration) {
        if configuration.kind == .none { return nil }
        self.configuration = configuration
    }

    package var name: String { "warehouse" }

    /// - Throws: `WarehouseError` if the database is away: nobody may say then that a student was erased.
    package func erase(_ students: ErasedStudents) throws -> [Int: Int] {
        try Warehouse.removeAll(configuration)
        return [:]
    }

    /// Nothing: rows are made of states, which are exported.
    package func export(_ student: StudentMatch, _ body: (String) throws -> Void) throws {}
}
