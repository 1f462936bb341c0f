import CKernels
import Graph
import Layers
import Testing

@testable import Runtime

/// When nodes run: behind their operands, the critical ones first, the same for every shard size.
@Suite struct ScheduleTests {
    @Test(arguments: ModelCase.all)
    func operandsComeFirst(_ test: ModelCase) throws {
        let graph = try test.traced().trainingGraph(count: 2).loweringBatchNorm()
        let schedule = Schedule(graph)
        for (index, node) in graph.nodes.enumerated() {
            for operand in node.operands.map(\.node) {
                let time = (schedule.stage[index], schedule.part[index].rawValue)
                if graph.nodes[operand].operation.isCollective {
                    #expect(schedule.stage[operand] < schedule.stage[index])
                } else {
                    #expect((schedule.stage[operand], schedule.part[operand].rawValue) <= time)
                }
                // What all shards have in common cannot depend on what they have not.
                if schedule.isUniform[index], !node.operation.isCollective {
                    #expect(schedule.isUniform[operand])
                }
            }
        }
        #expect(schedule.stageCount == (schedule.stage.max() ?? 0) + 1)
    }

    /// The critical part is what a collective that someone waits for needs, and nothing else.
    @Test(arguments: ModelCase.all)
    func criticalPartIsNeeded(_ test: ModelCase) throws {
        let graph = try test.traced().trainingGraph(count: 2).loweringBatchNorm()
        let schedule = Schedule(graph)
        let nodes = graph.nodes
        var readers: [[Int]] = nodes.map { _ in [] }
        for (index, node) in nodes.enumerated() {
            for operand in node.operands { readers[operand.node].append(index) }
        }
        for index in nodes.indices {
            let isWaitedFor = nodes[index].operation.isCollective && !readers[index].isEmpty
            let leadsToOne = readers[index].contains { reader in
                schedule.stage[reader] == schedule.stage[index] && schedule.part[reader] == .critical
                    && !nodes[index].operation.isCollective
            }
            #expect((schedule.part[index] == .critical) == (isWaitedFor || leadsToOne))
        }
    }

    @Test(arguments: ModelCase.all)
    func gradientOrderIsWhenTheyAreReady(_ test: ModelCase) throws {
        let model = try test.traced()
        let orders = [1, 2, 9].map { count in
            let graph = model.trainingGraph(count: count).loweringBatchNorm()
            return Schedule(graph).gradientOrder(of: graph)
        }
        #expect(orders[0] == orders[1] && orders[1] == orders[2])
        #expect(orders[0].sorted() == model.variables.indices.filter { model.variables[$0].isTrainable })
        let graph = model.trainingGraph(count: 2).loweringBatchNorm()
        let schedule = Schedule(graph)
        let times = orders[0].compactMap { parameter in
            graph.value(for: .gradient(parameter: parameter)).map { value in
                (schedule.stage[value.node], schedule.part[value.node].rawValue, value.node)
            }
        }
        for (a, b) in zip(times, times.dropFirst()) { #expect(a <= b) }
    }

    /// One batch norm: moments, then the rest of forward and the sums of its gradient, then its input gradient.
    @Test func stagesOfOneBatchNorm() throws {
        let model = try TracedModel(
            [Linear(4), BatchNormalization(), ReLU(), Linear(3)] as Sequential, exampleShape: [5],
            target: .classes(3), loss: .crossEntropy)
        let graph = model.trainingGraph(count: 2).loweringBatchNorm()
        #expect(Schedule(graph).stageCount == 3)
        #expect(Schedule(model.evaluationGraph(count: 2)).stageCount == 1)
    }

    /// Steps of real programs read only what was written before, whatever the shard's size, and every part hands
    /// over what its collectives need.
    @Test(arguments: ModelCase.all)
    func stepsReadWhatWasWritten(_ test: ModelCase) throws {
        prepareThreadForPrograms()
        let model = try test.traced()
        for count in [1, 2, 7] {
            let program = try MemoryPlanTests.program(model, count: count)
            var written = program.buffers.map { buffer in
                switch buffer.home {
                case .arena, .kept, .uniform, .gradients: false
                case .input, .parameters, .roundedRows, .roundedPanels, .states, .directions, .collectives:
                    true
                }
            }
            func run(_ steps: [Step]) {
                for step in steps {
                    #expect(step.reads.allSatisfy { written[$0] }, "\(step.description.name)")
                    for buffer in step.writes { written[buffer] = true }
                }
            }
            var groups: [Int] = []
            var collectives: [Int] = []
            var joints: [Int] = []
            for stage in program.stages {
                #expect(stage.awaits.allSatisfy(collectives.contains))
                run(stage.uniform)
                for part in stage.parts {
                    run(part.steps)
                    groups += part.groups
                    joints += part.joints.map(\.parameter)
                    for group in part.groups {
                        #expect(program.groups[group].buffers.allSatisfy { written[$0.buffer] })
                    }
                    collectives += part.collectives
                    for collective in part.collectives {
                        #expect(program.collectives[collective].sources.allSatisfy { written[$0.buffer] })
                    }
                }
            }
            #expect(groups.sorted() == Array(program.groups.indices))
            #expect(collectives.sorted() == Array(program.collectives.indices))
            #expect(program.outputs.allSatisfy { written[$0.buffer] })
            #expect(program.stateUpdates.allSatisfy { written[$0.buffer] })
            #expect(
                (program.groups.flatMap(\.parameters) + joints).sorted()
                    == model.variables.indices.filter { model.variables[$0].isTrainable })
        }
    }
}

extension Program {
    /// The names of what runs for each shard, in order.
    var stepNames: [String] { stages.flatMap { $0.parts.flatMap { $0.steps.map(\.description.name) } } }
}
