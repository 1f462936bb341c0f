import Graph

/// A stretch of memory that steps read and write; a program numbers its buffers from 0.
///
/// A program owns no memory. It says how large each of a few memories must be and where in them its buffers lie; its user
/// allocates them, hands their addresses to `ShardProgram`, and frees them after it.
struct Buffer {
    /// Which memory it lies in.
    let home: Home
    /// Its size.
    let byteCount: Int
    /// Its place in its home; settled for the arenas when all steps are known.
    var offset: Int

    enum Home: Hashable {
        /// The shard's own memory while its program runs. Buffers whose lives do not overlap share it, and the next shard
        /// may be given the same arena once the program has ended.
        case arena
        /// Memory that one shard has to itself until all local shards have run the part: operands of joint gradients.
        case kept
        /// The rank's memory for what is the same for all its shards: written once per step in front of a stage, read by
        /// every shard after it, and never reused within a step.
        case uniform
        /// A tensor that comes with the shard, where its data lie.
        case input(GraphInput)
        /// The rank's parameters as one stretch, which no step writes.
        case parameters
        /// Parameters rounded to bfloat16, in rows and in panels, as stretches of half their length, which no step writes.
        case roundedRows, roundedPanels
        /// The rank's states as one stretch, which no step writes: next values are read from the uniform memory.
        case states
        /// A vector laid out as the parameters.
        case directions
        /// The rank's results of collectives, which its communication writes.
        case collectives
        /// The shard's partial gradients of one group, in the shard's copy of the group's stretch of its bucket.
        case gradients(group: Int)
    }
}
