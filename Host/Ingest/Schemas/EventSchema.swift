/// What an event of one type holds: the one declaration from which the check of arriving events is made, and the JSON
/// Schema that the host serves.
package struct EventSchema: Sendable {
    package struct Field: Sendable {
        package enum Form: Sendable, Equatable {
            /// Of 1 to so many bytes.
            case text(longest: Int)
            case number(ClosedRange<Double>)
            /// One of some texts.
            case choice([String])
            /// A text in RFC 3339, or a number of milliseconds since 1970 UTC.
            case time
        }

        package let name: String
        package let form: Form
        package let isRequired: Bool
        /// For people, in a sentence.
        package let about: String

        static func required(_ name: String, _ form: Form, _ about: String) -> Field {
            Field(name: name, form: form, isRequired: true, about: about)
        }

        static func optional(_ name: String, _ form: Form, _ about: String) -> Field {
            Field(name: name, form: form, isRequired: false, about: about)
        }
    }

    /// The events' type.
    package let type: String
    /// For people.
    package let title: String
    package let about: String
    /// Fields that are not declared may have any value.
    package let fields: [Field]

    /// The field that says whose the event is. A token may say that as well, so that an event may lack it.
    static let actorField = "user_id"
}
