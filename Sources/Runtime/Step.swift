import CKernels

/// What a step of a program runs with: one shard's buffers and one worker's scratch memory.
package struct Frame {
    /// The address of every buffer of the program, by its number.
    let table: UnsafeMutablePointer<UnsafeMutableRawPointer>
    /// The program's primitives, bound for this shard's memory.
    let calls: UnsafeMutablePointer<Call>
    /// Memory that nothing is left in when the step ends.
    let scratch: UnsafeMutableRawPointer
    let scalars: UnsafePointer<StepScalars>

    @inline(__always)
    func floats(_ buffer: Int) -> UnsafeMutablePointer<Float> {
        table[buffer].assumingMemoryBound(to: Float.self)
    }

    @inline(__always)
    func doubles(_ buffer: Int) -> UnsafeMutablePointer<Double> {
        table[buffer].assumingMemoryBound(to: Double.self)
    }

    /// bfloat16 numbers, as their bits.
    @inline(__always)
    func halves(_ buffer: Int) -> UnsafeMutablePointer<UInt16> {
        table[buffer].assumingMemoryBound(to: UInt16.self)
    }

    @inline(__always)
    func labels(_ buffer: Int) -> UnsafeMutablePointer<Int32> {
        table[buffer].assumingMemoryBound(to: Int32.self)
    }

    @inline(__always)
    func indices(_ buffer: Int) -> UnsafeMutablePointer<Int64> {
        table[buffer].assumingMemoryBound(to: Int64.self)
    }

    @inline(__always)
    func bytes(_ buffer: Int) -> UnsafeMutablePointer<UInt8> {
        table[buffer].assumingMemoryBound(to: UInt8.self)
    }
}

/// Numbers that change from step to step and are the same on all ranks.
package struct StepScalars {
    /// Examples of the mini-batch over all shards.
    package var batchCount: Float
    /// Σ of the weights of all labels of the mini-batch, where the loss weighs classes; else unused.
    package var labelWeightSum: Float
    /// What dropout draws from: derived from (seed, step).
    package var dropoutKey: dt_philox_key

    package init(batchCount: Float, labelWeightSum: Float = 1, dropoutKey: dt_philox_key) {
        self.batchCount = batchCount
        self.labelWeightSum = labelWeightSum
        self.dropoutKey = dropoutKey
    }
}

/// One kernel call with the buffers it touches: the unit that a program runs, measures, and plans memory by.
///
/// A buffer of the arena lives from the first step that writes it to the last that reads it.
struct Step {
    /// What it does, for profiles.
    let description: StepDescription
    /// The buffers it reads, and those it writes.
    let reads: [Int]
    let writes: [Int]
    /// A read buffer whose memory the first written one may take over, if this is the last step that reads it.
    let inPlace: Int?
    /// The call; it captures buffer numbers and shapes, never addresses.
    let run: (Frame) -> Void
}
