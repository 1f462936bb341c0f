import Optimizers
import Options
import Testing

/// The clipping coefficient at ordinary and at extreme norms.
@Suite struct GradientClippingTests {
    @Test func offNeverClips() {
        for norm in [0, 1, 1e300, .infinity, .nan] {
            #expect(GradientClipping.off.coefficient(norm: norm) == 1)
        }
    }

    @Test func onlyLargeNormsAreClipped() throws {
        let clipping = try GradientClipping(maximumNorm: 2)
        #expect(clipping.coefficient(norm: 0) == 1)
        #expect(clipping.coefficient(norm: 1.999_998) == 1)
        #expect(clipping.coefficient(norm: 2) == 2 / 2.000_001)
        #expect(clipping.coefficient(norm: 1e9) == 2 / (1e9 + 1e-6))
    }

    @Test func nonFiniteNormsStayVisible() throws {
        let clipping = try GradientClipping(maximumNorm: 2)
        #expect(clipping.coefficient(norm: .nan).isNaN)
        #expect(clipping.coefficient(norm: .infinity) == 0)
    }

    @Test(arguments: [0, -1, .nan, .infinity, 1e39])
    func refusesANormThatIsNone(_ norm: Double) {
        let error = #expect(throws: OptionError.self) { try GradientClipping(maximumNorm: norm) }
        #expect(error?.key == "max_norm")
    }

    @Test func clippingByValueLeavesTheNormAlone() throws {
        let clipping = try GradientClipping(maximumValue: 2)
        #expect(clipping.maximumValue == 2 && clipping.maximumNorm == nil)
        #expect(clipping.coefficient(norm: 1e9) == 1)
        #expect(try GradientClipping(maximumNorm: 2).maximumValue == nil)
    }

    @Test(arguments: [0, -1, .nan, .infinity, 1e39])
    func refusesAValueThatIsNone(_ value: Double) {
        let error = #expect(throws: OptionError.self) { try GradientClipping(maximumValue: value) }
        #expect(error?.key == "clip_value")
    }
}
