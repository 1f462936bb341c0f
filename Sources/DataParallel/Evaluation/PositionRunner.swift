import CKernels
import Cluster
import Graph
import Layers
import Runtime

/// Runs a model position by position on one rank, with what it keeps between positions.
package final class PositionRunner {
    /// The most positions from one reset to the next.
    package let longest: Int
    /// The positions since the last reset.
    package private(set) var count = 0
    private let outputCount: Int
    private let programs: ProgramCache
    private let program: ShardProgram
    private let scalars: UnsafeMutablePointer<StepScalars>
    /// The token, as the model reads it.
    private let token: UnsafeMutablePointer<Float>
    /// The position, and the positions up to it.
    private let places: UnsafeMutablePointer<Int32>
    private let mark: UnsafeMutablePointer<Float>
    private let states: [(pointer: UnsafeMutablePointer<Float>, count: Int)]

    /// Plans the model with the parameters of `state`.
    package init(
        _ model: TracedModel.PositionModel, outputs: Int, state: ModelState, precision: Precision,
        on cluster: Cluster
    ) throws {
        longest = model.longest
        outputCount = outputs
        try state.prepare(precision)
        try state.rounded?.refresh(version: state.version)
        programs = try ProgramCache(
            slots: 1, kept: KeptOperands(0..<1, isShared: false, cluster: cluster), workers: 1, state: state,
            directions: nil, kernels: cluster.kernels
        ) { _ in model.graph.stored(in: precision) }
        program = programs.bound(try programs.plan([model.inputs])[0], slot: 0)
        scalars = .allocate(capacity: 1)
        scalars.initialize(to: StepScalars(batchCount: 1, dropoutKey: dt_philox_key(word: (0, 0))))
        func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
            let memory = UnsafeMutablePointer<Float>.allocate(capacity: max(1, count))
            memory.initialize(repeating: 0, count: max(1, count))
            return memory
        }
        token = zeros(1)
        mark = zeros(longest)
        places = .allocate(capacity: 2)
        places.initialize(repeating: 0, count: 2)
        states = model.states.map { shape in
            let count = shape.reduce(1, *)
            return (zeros(count), count)
        }
        program.setInput(.features, UnsafeMutableRawPointer(token))
        program.setInput(.position, UnsafeMutableRawPointer(places))
        program.setInput(.positionCount, UnsafeMutableRawPointer(places + 1))
        program.setInput(.positionMark, UnsafeMutableRawPointer(mark))
        for (place, state) in states.enumerated() {
            program.setInput(.carried(place), UnsafeMutableRawPointer(state.pointer))
        }
    }

    deinit {
        scalars.deallocate()
        token.deallocate()
        places.deallocate()
        mark.deallocate()
        for state in states { state.pointer.deallocate() }
    }

    /// Begins a new sequence.
    package func reset() {
        count = 0
        for state in states { state.pointer.update(repeating: 0, count: state.count) }
    }

    /// The outputs for the next position, where this token stands.
    package func outputs(for token: Int) -> [Float] {
        precondition(count < longest, "position \(count) of at most \(longest)")
        self.token.pointee = Float(token)
        (places[0], places[1]) = (Int32(count), Int32(count + 1))
        mark.update(repeating: 0, count: longest)
        mark[count] = 1
        count += 1
        for stage in program.program.stages.indices {
            program.runUniform(stage: stage, scratch: programs.scratch(0), scalars: scalars)
            for part in Schedule.Part.allCases {
                program.run(stage: stage, part: part, scratch: programs.scratch(0), scalars: scalars) {}
            }
        }
        for (place, state) in states.enumerated() {
            guard let next = program.output(.carried(place)) else { continue }
            state.pointer.update(from: next.assumingMemoryBound(to: Float.self), count: state.count)
        }
        guard let found = program.output(.prediction) else { return [] }
        return Array(
            UnsafeBufferPointer(start: found.assumingMemoryBound(to: Float.self), count: outputCount))
    }
}
