extension Diagnosis {
    /// Zero eigenvalues that known symmetries of the model explain.
    public struct Symmetries: Sendable, Equatable {
        /// The directions of one kind of symmetry.
        public struct Kind: Sendable, Equatable {
            /// "scaling", "batch_norm_scale", "batch_norm_bias" or "softmax_shift".
            public let name: String
            /// Linearly independent directions of it at these weights.
            public let directions: Int
            /// Those that are to have eigenvalue 0: all, or none of a kind that holds at critical points alone.
            public let claimed: Int
            /// Those whose unit vector v was multiplied by H: all, or a seeded sample.
            public let checked: Int
            /// Those with ‖Hv‖ up to ε.
            public let verified: Int
            /// All that are claimed if every one that was checked holds, else those that hold.
            public var explained: Int { verified == checked ? claimed : verified }
        }

        /// The kinds that the model has.
        public let kinds: [Kind]
        /// Zero eigenvalues that come from symmetries, at least.
        public var explained: Int { kinds.reduce(0) { $0 + $1.explained } }
        public var claimed: Int { kinds.reduce(0) { $0 + $1.claimed } }
        public var checked: Int { kinds.reduce(0) { $0 + $1.checked } }
        public var verified: Int { kinds.reduce(0) { $0 + $1.verified } }
    }

    /// The loss along the ray from the origin through the weights.
    public struct Ray: Sendable, Equatable {
        /// The multiples c of the weights. The last is far off: a loss that has its minimum near rises until there.
        public static let factors = [1, 1.1, 1.5, 2, 10]
        /// L(cθ) for each of them.
        public let losses: [Double]
        /// θ·∇L ÷ ‖θ‖: the slope along the ray.
        public let slope: Double
        /// ‖θ‖ of the run's first weights; nil where they are not known.
        public let firstNorm: Double?
        let weightNorm: Double
        let isCrossEntropy: Bool

        /// Whether the loss falls all along.
        public var falls: Bool {
            slope < 0 && losses.allSatisfy(\.isFinite)
                && zip(losses, losses.dropFirst()).allSatisfy { $1 < $0 || $1 == 0 }
        }

        /// Whether there is no minimum on the ray, only a limit, as far as was measured: the loss is a cross-entropy, which
        /// comes near its bound but never to it, falls all along, and the weights have not become smaller in the run.
        public var hasNoMinimum: Bool {
            isCrossEntropy && falls && firstNorm.map { weightNorm > $0 } ?? true
        }
    }

    /// What is to be said of the numbers' worth.
    public var notes: [String] {
        guard let available, available > examples, examples <= Self.enough / 2 else { return [] }
        return [
            "the Hessian is of \(examples) of \(available) examples: a hundred suffice for gradients, for Hessians it takes about \(Self.enough) (Goodfellow et al., Deep Learning, 8.1.3)"
        ]
    }

    private static let enough = 10_000
}

extension JSONLine {
    /// Adds what is beyond the verdict: symmetries, the ray, the error of gradients and notes.
    mutating func addFurther(_ diagnosis: Diagnosis) {
        if let found = diagnosis.symmetries {
            var object = JSONLine()
            object.add("explained", found.explained)
            object.add("claimed", found.claimed)
            object.add("checked", found.checked)
            object.add("verified", found.verified)
            object.add(
                "kinds",
                found.kinds.map { kind in
                    var line = JSONLine()
                    line.add("kind", kind.name)
                    line.add("directions", kind.directions)
                    line.add("claimed", kind.claimed)
                    line.add("checked", kind.checked)
                    line.add("verified", kind.verified)
                    return line
                })
            add("symmetries", object)
        }
        if let ray = diagnosis.ray {
            var object = JSONLine()
            object.add("factors", Diagnosis.Ray.factors)
            object.add("losses", ray.losses)
            object.add("slope", ray.slope)
            object.add("first_norm", ray.firstNorm)
            object.add("no_minimum", ray.hasNoMinimum ? 1 : 0)
            add("ray", object)
        }
        if let error = diagnosis.gradientError {
            var object = JSONLine()
            object.add("variance", error.variance)
            object.add("variance_examples", error.singles)
            object.add("draws", type(of: error).draws)
            object.add("sizes", error.rows.map { Double($0.examples) })
            object.add("errors", error.rows.map(\.error))
            object.add("expected", error.rows.map(\.expected))
            add("gradient_error", object)
        }
        if !diagnosis.notes.isEmpty { add("notes", diagnosis.notes) }
    }
}
