/// The plane on which the ways of runs are drawn.
public struct PathPlane: Sendable, Equatable, Codable {
    /// The way of a run.
    public struct Path: Sendable, Equatable, Codable {
        /// The last part of the name of the run's folder, or all of it where others end alike.
        public let name: String
        /// The number of optimizer steps before each point.
        public let steps: [Int]
        /// The position of each point along each direction.
        public let points: [[Double]]
    }

    /// The runs' ways, in the order in which they were given; without points that are not finite.
    public let paths: [Path]
    /// The names of the parameters that are the coordinates, such as "0.weight"; empty where these are distances from
    /// the weights along main directions.
    public let names: [String]
    /// For main directions the share that each has of the summed squared distances of the points from the weights.
    public let explained: [Double]
    /// The position of the weights.
    public let origin: [Double]
    /// The ends along each direction.
    let ends: [[Double]]
}
