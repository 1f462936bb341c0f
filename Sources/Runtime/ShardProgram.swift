import COneDNN
import Graph

/// A program bound to one arena of a rank, its slot; runs on one thread at a time.
///
/// A rank has as many slots as shards it has in memory at once: one per worker, or, where collectives make shards wait for
/// one another, one per shard. The memory outlives the bound program, which holds addresses into it.
package final class ShardProgram {
    package let program: Program
    /// The address of each buffer, by its number.
    private let table: UnsafeMutablePointer<UnsafeMutableRawPointer>
    /// The program's primitives, each with arguments of its own.
    private let calls: UnsafeMutablePointer<Call>

    /// Memory that a program's buffers lie in.
    package struct Memory {
        /// At least `program.arenaBytes`, this shard's own.
        package let arena: UnsafeMutableRawPointer
        /// At least `program.uniformBytes`, common to the rank's shards of this program.
        package let uniform: UnsafeMutableRawPointer
        /// All parameters of the rank.
        package let parameters: UnsafeMutableRawPointer
        /// The parameters' rounded forms, in rows and in panels; nil for programs that make them.
        package let rounded: (rows: UnsafeMutableRawPointer, panels: UnsafeMutableRawPointer)?
        /// All states of the rank.
        package let states: UnsafeMutableRawPointer
        /// The vector that directions are parts of; nil for programs without.
        package let directions: UnsafeMutableRawPointer?
        /// Results of collectives of the rank.
        package let collectives: UnsafeMutableRawPointer

        package init(
            arena: UnsafeMutableRawPointer, uniform: UnsafeMutableRawPointer,
            parameters: UnsafeMutableRawPointer,
            rounded: (rows: UnsafeMutableRawPointer, panels: UnsafeMutableRawPointer)? = nil,
            states: UnsafeMutableRawPointer, directions: UnsafeMutableRawPointer? = nil,
            collectives: UnsafeMutableRawPointer
        ) {
            self.arena = arena
            self.uniform = uniform
            self.parameters = parameters
            self.rounded = rounded
            self.states = states
            self.directions = directions
            self.collectives = collectives
        }
    }

    /// Binds `program` to `memory`; inputs and gradients get their places before each run.
    package init(_ program: Program, memory: Memory) throws(RuntimeError) {
        self.program = program
        table = .allocate(capacity: max(1, program.buffers.count))
        calls = .allocate(capacity: max(1, program.primitives.count))
        for (index, buffer) in program.buffers.enumerated() {
            let base: UnsafeMutableRawPointer
            switch buffer.home {
            case .arena: base = memory.arena
            case .uniform: base = memory.uniform
            case .parameters: base = memory.parameters
            case .roundedRows, .roundedPanels:
                guard let rounded = memory.rounded else {
                    preconditionFailure("a program that reads rounded weights was bound without any")
                }
                base = buffer.home == .roundedRows ? rounded.rows : rounded.panels
            case .states: base = memory.states
            case .directions:
                guard let directions = memory.directions else {
                    preconditionFailure("a program with directions was bound without any")
                }
                base = directions
            case .collectives: base = memory.collectives
            // Set before each run; the arena stands in so that the table is never without an address.
            case .input, .gradients, .kept:
                (table + index).initialize(to: memory.arena)
                continue
            }
            (table + index).initialize(to: base + buffer.offset)
        }
        for (index, primitive) in program.primitives.enumerated() {
            (calls + index).initialize(to: try Call(primitive))
        }
    }

    deinit {
        for index in program.primitives.indices { calls[index].free() }
        table.deallocate()
        calls.deallocate()
    }

    /// Says where an input of the shard lies; an input the program does not read is ignored.
    package func setInput(_ input: GraphInput, _ pointer: UnsafeMutableRawPointer) {
        for (known, buffer) in program.inputs where known == input { table[buffer] = pointer }
    }

    /// Says where the shard's partial gradients of a group go: a copy of the group's stretch of its bucket.
    package func setGradients(group: Int, _ pointer: UnsafeMutableRawPointer) {
        for (buffer, _) in program.groups[group].buffers {
            table[buffer] = pointer + program.buffers[buffer].offset
        }
    }

    /// Says where the shard keeps the operands of joint gradients: `program.keptBytes` of its own, until the part's joint
    /// gradients have been computed.
    package func setKept(_ pointer: UnsafeMutableRawPointer) {
        for index in program.keptBuffers { table[index] = pointer + program.buffers[index].offset }
    }

    /// Runs what the rank computes once for all shards before `stage`.
    package func runUniform(
        stage: Int, scratch: UnsafeMutableRawPointer, scalars: UnsafePointer<StepScalars>, log: SpanLog? = nil
    ) {
        run(program.stages[stage].uniform, scratch, scalars, log, between: {})
    }

    /// Runs a part of a stage for the shard.
    ///
    /// - Parameters:
    ///   - log: Where the time of every step is noted, if anywhere.
    ///   - between: Called after every step, so that the rank's communicating thread can make progress; an error of its ends
    ///     the part there.
    package func run(
        stage: Int, part: Schedule.Part, scratch: UnsafeMutableRawPointer,
        scalars: UnsafePointer<StepScalars>, log: SpanLog? = nil,
        between: () throws -> Void
    ) rethrows {
        try run(program.stages[stage].parts[part.rawValue].steps, scratch, scalars, log, between: between)
    }

    private func run(
        _ steps: [Step], _ scratch: UnsafeMutableRawPointer, _ scalars: UnsafePointer<StepScalars>,
        _ log: SpanLog?, between: () throws -> Void
    ) rethrows {
        let frame = Frame(table: table, calls: calls, scratch: scratch, scalars: scalars)
        for step in steps {
            if let log {
                let start = SpanLog.now()
                step.run(frame)
                log.append(step.description, since: start)
            } else {
                step.run(frame)
            }
            try between()
        }
    }

    /// Writes the shard's contribution to a collective, `byteCount` bytes, to `target`.
    package func copyContribution(to collective: Int, _ target: UnsafeMutableRawPointer) {
        var target = target
        for (buffer, byteCount) in program.collectives[collective].sources {
            target.copyMemory(from: table[buffer], byteCount: byteCount)
            target += byteCount
        }
    }

    /// The address of a value that is read after the shard has run; nil where the graph has no such output.
    package func output(_ role: Graph.Output) -> UnsafeRawPointer? {
        program.outputs.first { $0.role == role }.map { UnsafeRawPointer(table[$0.buffer]) }
    }

    /// Calls `body` with every state's number, its next value and its bytes.
    package func forEachStateUpdate(_ body: (Int, UnsafeRawPointer, Int) -> Void) {
        for (state, buffer, byteCount) in program.stateUpdates { body(state, table[buffer], byteCount) }
    }
}

/// Prepares the calling thread for planning or running programs: oneDNN works with one thread per call.
package func prepareThreadForPrograms() { od_set_thread() }
