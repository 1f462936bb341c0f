import Graph

/// A stretch of memory that steps read and write; a program numbers its buffers from 0.
struct Buffer {
    /// Which memory it lies in.
    let home: Home
    /// Its size.
    let byteCount: Int
    /// Its place in its home; settled for the arenas when all steps are known.
    var offset: Int

    enum Home: Hashable {
        /// Memory of one shard.
        case arena
        /// Memory of one shard that lasts until all local shards have run the part of the program.
        case kept
        /// Memory of the rank, the same for all its shards.
        case uniform
        /// What comes with the shard.
        case input(GraphInput)
        /// The rank's parameters, or states, as one stretch.
        case parameters
        case states
        /// A vector laid out as the parameters.
        case directions
        /// Results of collectives of the rank.
        case collectives
        /// The shard's partial gradients of one group.
        case gradients(group: Int)
    }
}
