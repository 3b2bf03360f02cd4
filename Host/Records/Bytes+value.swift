package import CPluginAPI

extension Bytes {
    /// A value as JSON; what is missing is null.
    package mutating func appendJSON(_ value: lectern_value, asTime: Bool) {
        switch value.tag {
        case LECTERN_FALSE: appendJSON(false)
        case LECTERN_TRUE: appendJSON(true)
        case LECTERN_INTEGER:
            if asTime { appendJSON(microseconds: value.as.integer) } else { appendJSON(value.as.integer) }
        case LECTERN_NUMBER: appendJSON(value.as.number)
        case LECTERN_TEXT: appendJSON(value.text!)
        case LECTERN_JSON: append(value.text!)
        default: append("null")
        }
    }
}
