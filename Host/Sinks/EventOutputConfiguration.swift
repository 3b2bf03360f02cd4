package import Records
package import Settings

/// Where an output's events go, as the settings say.
package enum EventOutputConfiguration: Sendable {
    case file(FileOutputConfiguration)
    case kafka(KafkaOutputConfiguration)

    private enum TypeName: String, CaseIterable { case file, kafka }

    /// Reads `type` and what belongs to it. Mistakes are noted in the reader; nil if nobody can tell which type it is.
    /// - Parameter directory: the folder of files if the section names none.
    package init?(_ reader: SettingsReader, directory: String) {
        switch reader.choice("type", default: nil as TypeName?) {
        case .file: self = .file(FileOutputConfiguration(reader, directory: directory))
        case .kafka: self = .kafka(KafkaOutputConfiguration(reader))
        case nil:
            // A wrong type is a mistake already, an absent one becomes one here.
            if !reader.has("type") { _ = reader.choice("type", of: TypeName.self) }
            reader.ignoreOtherKeys()
            return nil
        }
    }

    /// As `type` of an output's settings says it.
    package var typeName: String {
        switch self {
        case .file: TypeName.file.rawValue
        case .kafka: TypeName.kafka.rawValue
        }
    }

    /// The types of events that have a place; nil: all have.
    package var types: Set<String>? {
        guard case .kafka(let configuration) = self, configuration.topic == nil, configuration.routes.isEmpty else {
            return nil
        }
        return Set(configuration.topics.keys)
    }

    /// - Parameter limit: events of the largest batch.
    package func output(limit: Int) -> sending any EventOutput {
        switch self {
        case .file(let configuration): FileOutput(configuration)
        case .kafka(let configuration): KafkaOutput(configuration, limit: limit)
        }
    }
}
