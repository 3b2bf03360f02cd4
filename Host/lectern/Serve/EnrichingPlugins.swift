import Enrichment
import PluginHost
import Reduction

extension ReductionEngine {
    /// The plugins that run, as enrichment sees them.
    var enrichingPlugins: [EnrichingPlugin] {
        plugins.map { build in
            EnrichingPlugin(
                id: build.id, enrichers: build.description.enrichers, derivedMembers: build.description.derivedMembers,
                functions: functions(of: build))
        }
    }
}
