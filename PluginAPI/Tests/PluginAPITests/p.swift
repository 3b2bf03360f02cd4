import Testing
@testable import PluginAPI
