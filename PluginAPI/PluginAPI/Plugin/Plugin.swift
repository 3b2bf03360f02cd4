/// A plugin: its settings, and all that it is made of.
///
///     struct QuizAnalytics: Plugin {
///         struct Settings: PluginSettings { var passMark = 70 }
///         let settings: Settings
///         init(settings: Settings) { self.settings = settings }
///
///         var components: Components {
///             QuizAttempts.self
///             QuizTable(passMark: settings.passMark)
///         }
///     }
///
///     @c(quiz_analytics_create)
///     public func create(_ host: HostPointer, _ settings: SettingsText, _ plugin: PluginPointer) -> PluginStatus {
///         QuizAnalytics.create(host, settings, plugin)
///     }
///
/// Who it is stands in the plugin's one C file, where the host reads it without running any code:
///
///     #include <lectern/note.h>
///     LECTERN_PLUGIN("quiz-analytics", "1.0.0", swift, "lectern.reducers/1", quiz_analytics_create)
public protocol Plugin {
    associatedtype Settings: PluginSettings = NoSettings
    typealias Components = [Component]

    /// Throws what is wrong with the settings, in words for the operator; `SettingsError` says where.
    init(settings: Settings) throws

    /// Reducers and aggregators by their types, everything else by value.
    @ComponentsBuilder var components: Components { get }
}

/// A plugin's settings. What the operator leaves out has the value that `init()` gives it; what is not declared here is
/// refused, and so is what has another type.
public protocol PluginSettings: Codable {
    init()
}

/// The settings of a plugin that has none.
public struct NoSettings: PluginSettings {
    public init() {}

    /// Asks for the settings that were given, so that each of them is refused.
    public init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: NoKeys.self) }

    private enum NoKeys: CodingKey {}
}

/// What is wrong with a setting.
public struct SettingsError: Error, CustomStringConvertible {
    public let description: String

    /// - Parameters:
    ///   - setting: its path, for instance `interval.start`.
    ///   - expected: what it should be, in words.
    ///   - found: what it is.
    public init(_ setting: String, expected: String, found: String) {
        description = "setting \(setting): expected \(expected), found \(found)"
    }
}

/// One part of a plugin, as `ComponentsBuilder` collects them.
public struct Component {
    enum Content {
        case reducer(ReducerComponent)
        case aggregator(any Aggregator.Type)
        case table(any Table)
        case source(any Source)
        case dashboard(Dashboard)
        case function(Function)
        case enricher(Enricher)
        case derivedMember(DerivedMember)
    }
    let content: Content
}

/// Lists the parts of a plugin.
@resultBuilder
public enum ComponentsBuilder {
    public static func buildExpression<R: Reducer>(_ reducer: R.Type) -> [Component] {
        [Component(content: .reducer(ReducerComponent(type: reducer, spread: nil, timed: nil, windowed: nil)))]
    }

    public static func buildExpression<R: SpreadReducer>(_ reducer: R.Type) -> [Component] {
        [Component(content: .reducer(ReducerComponent(type: reducer, spread: reducer, timed: nil, windowed: nil)))]
    }

    public static func buildExpression<R: TimedReducer>(_ reducer: R.Type) -> [Component] {
        [Component(content: .reducer(ReducerComponent(type: reducer, spread: nil, timed: reducer, windowed: nil)))]
    }

    public static func buildExpression<R: SpreadReducer & TimedReducer>(_ reducer: R.Type) -> [Component] {
        [Component(content: .reducer(ReducerComponent(type: reducer, spread: reducer, timed: reducer, windowed: nil)))]
    }

    public static func buildExpression<R: WindowedReducer>(_ reducer: R.Type) -> [Component] {
        [Component(content: .reducer(ReducerComponent(type: reducer, spread: nil, timed: nil, windowed: reducer)))]
    }

    public static func buildExpression<R: SpreadReducer & WindowedReducer>(_ reducer: R.Type) -> [Component] {
        [Component(content: .reducer(ReducerComponent(type: reducer, spread: reducer, timed: nil, windowed: reducer)))]
    }

    public static func buildExpression<A: Aggregator>(_ aggregator: A.Type) -> [Component] {
        [Component(content: .aggregator(aggregator))]
    }

    public static func buildExpression(_ table: some Table) -> [Component] { [Component(content: .table(table))] }
    public static func buildExpression(_ source: some Source) -> [Component] { [Component(content: .source(source))] }
    public static func buildExpression(_ dashboard: Dashboard) -> [Component] {
        [Component(content: .dashboard(dashboard))]
    }
    public static func buildExpression(_ function: Function) -> [Component] {
        [Component(content: .function(function))]
    }
    public static func buildExpression(_ enricher: Enricher) -> [Component] {
        [Component(content: .enricher(enricher))]
    }
    public static func buildExpression(_ member: DerivedMember) -> [Component] {
        [Component(content: .derivedMember(member))]
    }

    public static func buildBlock(_ parts: [Component]...) -> [Component] { parts.flatMap { $0 } }
    public static func buildOptional(_ part: [Component]?) -> [Component] { part ?? [] }
    public static func buildEither(first: [Component]) -> [Component] { first }
    public static func buildEither(second: [Component]) -> [Component] { second }
    public static func buildArray(_ parts: [[Component]]) -> [Component] { parts.flatMap { $0 } }
}
