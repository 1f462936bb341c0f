import Testing

extension EndToEndTests {
    /// Too simple a model, or failing optimization: what the built-in study of depths shows.
    @Suite struct DepthStudies {
        /// 56 plain layers have a higher training loss than 20, which they contain, so optimization fails; with shortcuts
        /// they have a lower one.
        @Test func depth() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("depth", data)
            func loss(_ run: String) throws -> Double { try study.number("train_loss", run) }
            #expect(try loss("plain-56") > loss("plain-20") + 0.2)
            #expect(try loss("residual-56") < loss("residual-20"))
            #expect(try loss("residual-56") < loss("plain-56") - 0.4)
        }
    }
}
