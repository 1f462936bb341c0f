import CKernels
import Graph
import Layers
import Randomness
import Testing

@testable import Runtime

/// Buffers that are needed at the same time never share memory, in random programs and in real ones.
@Suite struct MemoryPlanTests {
    /// Buffers, steps and the buffers that are read at the end.
    struct Plan {
        var buffers: [Runtime.Buffer]
        let steps: [Step]
        let keep: Set<Int>
        let arenaBytes: Int

        /// Buffers that overlap in memory although both are needed, as text.
        var conflicts: [String] {
            var first = Array(repeating: Int.max, count: buffers.count)
            var last = Array(repeating: -1, count: buffers.count)
            for (time, step) in steps.enumerated() {
                for buffer in step.writes { first[buffer] = min(first[buffer], time) }
                for buffer in step.reads + step.writes { last[buffer] = time }
            }
            for buffer in keep { last[buffer] = steps.count }
            let placed = buffers.indices.filter { buffers[$0].home == .arena && first[$0] < .max }
            var conflicts: [String] = []
            for a in placed {
                if buffers[a].offset % 64 != 0 || buffers[a].offset + buffers[a].byteCount > arenaBytes {
                    conflicts.append("buffer \(a) at \(buffers[a].offset) of \(arenaBytes)")
                }
                for b in placed where a != b && overlap(a, b) && first[a] <= first[b] && first[b] <= last[a] {
                    // One step may read a and write b over it, at a's last use.
                    let takesOver =
                        first[b] == last[a] && first[a] < first[b] && steps[first[b]].inPlace == a
                        && !steps[first[b]].writes.contains(a) && buffers[a].byteCount == buffers[b].byteCount
                    if !takesOver { conflicts.append("buffers \(a) and \(b)") }
                }
            }
            return conflicts
        }

        private func overlap(_ a: Int, _ b: Int) -> Bool {
            buffers[a].offset < buffers[b].offset + buffers[b].byteCount
                && buffers[b].offset < buffers[a].offset + buffers[a].byteCount
        }
    }

    @Test(arguments: 0..<300)
    func randomPrograms(seed: Int) {
        let plan = Self.random(seed: UInt64(seed))
        #expect(plan.conflicts.isEmpty)
    }

    @Test(arguments: ModelCase.all)
    func realPrograms(_ test: ModelCase) throws {
        prepareThreadForPrograms()
        let model = try test.traced()
        for count in [1, 2, 7] {
            let program = try Self.program(model, count: count)
            let steps = program.stages.flatMap { $0.parts.flatMap(\.steps) }
            let keep =
                program.outputs.map(\.buffer) + program.collectives.flatMap { $0.sources.map(\.buffer) }
            let plan = Plan(
                buffers: program.buffers, steps: steps, keep: Set(keep), arenaBytes: program.arenaBytes)
            #expect(plan.conflicts.isEmpty)
            let uniform = program.buffers.filter { $0.home == .uniform }.sorted { $0.offset < $1.offset }
            for (a, b) in zip(uniform, uniform.dropFirst()) { #expect(a.offset + a.byteCount <= b.offset) }
        }
    }

    /// The check of conflicts can fail: moving one buffer onto a neighbour is noticed.
    @Test func movedBufferIsNoticed() {
        var noticed = 0
        for seed in 0..<50 {
            var plan = Self.random(seed: UInt64(seed))
            for index in plan.buffers.indices { plan.buffers[index].offset = 0 }
            if !plan.conflicts.isEmpty { noticed += 1 }
        }
        #expect(noticed > 40)
    }

    /// A long chain takes the memory of two neighbours, or of one where each step works in place.
    @Test(arguments: [true, false])
    func chainReusesMemory(inPlace: Bool) {
        var buffers = (0..<30).map { _ in Runtime.Buffer(home: .arena, byteCount: 1000, offset: -1) }
        let steps = (0..<30).map { time in
            Step(
                description: StepDescription(name: ""), reads: time > 0 ? [time - 1] : [], writes: [time],
                inPlace: inPlace && time > 0 ? time - 1 : nil, run: { _ in })
        }
        let plan = MemoryPlan(buffers: &buffers, perShard: steps, keep: [29])
        #expect(plan.arenaBytes == (inPlace ? 1024 : 2048))
    }

    /// A buffer that another step still reads is not written over.
    @Test func inPlaceOnlyAtTheLastUse() {
        var buffers = (0..<3).map { _ in Runtime.Buffer(home: .arena, byteCount: 64, offset: -1) }
        let steps = [
            Step(description: StepDescription(name: ""), reads: [], writes: [0], inPlace: nil, run: { _ in }),
            Step(description: StepDescription(name: ""), reads: [0], writes: [1], inPlace: 0, run: { _ in }),
            Step(
                description: StepDescription(name: ""), reads: [0, 1], writes: [2], inPlace: 0, run: { _ in }),
        ]
        _ = MemoryPlan(buffers: &buffers, perShard: steps, keep: [])
        #expect(buffers[1].offset != buffers[0].offset)
        #expect(buffers[2].offset == buffers[0].offset)
        _ = MemoryPlan(buffers: &buffers, perShard: steps, keep: [0])
        #expect(buffers[2].offset != buffers[0].offset)
    }

    // MARK: Programs

    /// A training program of `model` for shards of `count` examples.
    static func program(_ model: TracedModel, count: Int) throws -> Program {
        let graph = model.trainingGraph(count: count).loweringBatchNorm()
        let order = Schedule(graph).gradientOrder(of: graph)
        var offsets = Array(repeating: 0, count: model.variables.count)
        var end = 0
        for variable in order + offsets.indices.filter({ !order.contains($0) }) {
            offsets[variable] = end
            end += (model.variables[variable].shape.reduce(1, *) * 4 + 63) / 64 * 64
        }
        return try ProgramPlanner(
            graph.reducingGradients(in: [order]), variableOffsets: offsets,
            kernels: dt_kernels_for(dt_isa_detect())
        ).plan()
    }

    /// Steps that read earlier buffers at random and write new ones, now and then in place.
    private static func random(seed: UInt64) -> Plan {
        let random = CounterRandom(seed: seed, purpose: .test)
        var draws: UInt64 = 0
        func below(_ bound: Int) -> Int {
            draws += 1
            return Int(random.below(UInt64(bound), at: draws))
        }
        var buffers: [Runtime.Buffer] = []
        var steps: [Step] = []
        for _ in 0..<(5 + below(40)) {
            let homes: [Runtime.Buffer.Home] = [.arena, .arena, .arena, .uniform, .parameters]
            let written = (0...below(2)).map { _ in
                buffers.append(
                    Runtime.Buffer(
                        home: homes[below(5)], byteCount: [1, 64, 100, 128, 1000, 4096][below(6)], offset: 0))
                return buffers.count - 1
            }
            let reads = written[0] > 0 ? (0..<below(4)).map { _ in below(written[0]) } : []
            // Some steps also write a buffer of an earlier one again.
            let again = written[0] > 0 && below(4) == 0 ? [below(written[0])] : []
            steps.append(
                Step(
                    description: StepDescription(name: ""), reads: reads,
                    writes: written + again.filter { !reads.contains($0) },
                    inPlace: below(2) == 0 ? reads.first : nil, run: { _ in }))
        }
        let keep = Set((0..<below(4)).map { _ in below(buffers.count) })
        let plan = MemoryPlan(buffers: &buffers, perShard: steps, keep: keep)
        return Plan(buffers: buffers, steps: steps, keep: keep, arenaBytes: plan.arenaBytes)
    }
}
