import HTTPTypes
import Hummingbird

/// The start page, the list of dashboards, and the assets.
struct PageRoutes {
    let plugins: @Sendable () -> PluginReport
    let assets: AssetFolder
    let figures: @Sendable () -> [(title: String, value: Int64)]
    let processor: @Sendable () -> ProcessorReport
    let cluster: @Sendable () -> ClusterReport?

    func add(to router: Router<WebRequestContext>) {
        router.get("/") { request, context in
            try context.require(.viewer)
            return Response.page(overview(request).overview(), assets)
        }
        router.get("/dashboards") { request, context in
            try context.require(.viewer)
            return Response.page(overview(request).list(), assets)
        }
        router.get("/assets/{name}") { request, context in
            try assets.response(try context.parameters.require("name"), request: request)
        }
    }

    private func overview(_ request: Request) -> OverviewPage {
        let report = plugins()
        return OverviewPage(
            plugins: report.plugins, refusals: report.refusals, off: report.off, figures: figures(),
            processor: processor(), cluster: cluster(),
            address: request.ownAddress)
    }
}
