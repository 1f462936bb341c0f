import Testing

@testable import Training

/// Where the points of a landscape lie.
@Suite struct LandscapeGridTests {
    private func grid(
        _ along: LandscapeDirections, parameters: Int = 9, points: Int? = nil, radius: Double = 1
    ) -> LandscapeGrid {
        var options = LandscapeOptions()
        options.points = points
        options.radius = radius
        return LandscapeGrid(along, count: along.count(parameters: parameters), options)
    }

    /// The middle is 0 and the ends are what was asked for, to the last bit.
    @Test(arguments: [0.1, 1, 3.3, 1e-9, 7e30])
    func middleAndEnds(_ radius: Double) {
        for points in [3, 5, 25, 51, 101] {
            let a = grid(.gradient, points: points, radius: radius).a
            #expect(a.count == points && a[0] == -radius && a[points - 1] == radius)
            #expect(a[points / 2] == 0 && a[points / 2].sign == .plus)
            #expect(zip(a, a.dropFirst()).allSatisfy { $0 < $1 })
            #expect(zip(a, a.reversed()).allSatisfy { $0 == -$1 })
        }
    }

    @Test func kinds() {
        #expect(grid(.gradient).a.count == 51 && grid(.gradient).b == nil)
        #expect(grid(.plane).a.count == 25 && grid(.plane).b?.count == 25 && grid(.plane).count == 625)
        #expect(grid(.eigenvectors, parameters: 1).b == nil)
        #expect(grid(.line(to: "x"), points: 3).a == [0, 0.5, 1])
        #expect(grid(.line(to: "x"), points: 5, radius: 1.5).a == [-0.5, 0, 0.5, 1, 1.5])
        let plane = grid(.plane, points: 3)
        #expect((0..<9).map(plane.coordinates)[1] == [-1, 0] && plane.coordinates(3) == [0, -1])
    }

    @Test func problems() {
        var options = LandscapeOptions()
        #expect(options.problem(.plane) == nil && options.problem(.line(to: "x")) == nil)
        options.points = 1
        #expect(options.problem(.gradient)?.contains("--points") == true)
        options.points = 256
        #expect(options.problem(.gradient) == nil && options.problem(.plane) != nil)
        options.points = nil
        options.radius = 0.5
        #expect(options.problem(.gradient) == nil && options.problem(.line(to: "x")) != nil)
        options.radius = .infinity
        #expect(options.problem(.gradient) != nil)
    }
}
