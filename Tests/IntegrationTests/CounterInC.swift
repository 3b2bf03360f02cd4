/// The plugin of Tests/Plugins/CounterInC.
enum CounterInC {
    /// Builds it with the headers alone.
    static func build(_ library: String, _ defines: [String] = []) throws {
        try run(
            "gcc",
            [
                "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden",
                "-Wl,-z,nodelete,-z,defs,--build-id", "-I", "\(Installation.repository)/PluginAPI/CPluginAPI/include",
                "\(Installation.repository)/Tests/Plugins/CounterInC/counter.c", "-o", library,
            ] + defines.map { "-D\($0)" })
    }
}
