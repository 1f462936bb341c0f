// swift-tools-version: 6.1
import PackageDescription

// Imports go one way: each target may depend on those declared above it, never below.
let package = Package(
    name: "dtrain",
    products: [
        .library(name: "MPI", targets: ["MPI"]),
        .library(name: "DistributedTraining", targets: ["DistributedTraining"]),
        .executable(name: "dtrain", targets: ["dtrain"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        // No target depends on it: scripts/docs builds the documentation with it.
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
    ],
    targets: [
        // C libraries and the shims over them.
        .systemLibrary(
            name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CMPI", dependencies: ["COpenMPI"], exclude: ["README.md"]),
        .target(name: "COneDNN", exclude: ["README.md"], linkerSettings: [.linkedLibrary("dnnl")]),
        .target(
            name: "CLAPACK", exclude: ["README.md"],
            linkerSettings: [.linkedLibrary("lapacke"), .linkedLibrary("openblas")]),
        .target(name: "CKernels", exclude: ["README.md"]),
        .target(name: "CSignals", exclude: ["README.md"]),

        .target(name: "MPI", dependencies: ["CMPI"], exclude: ["README.md"]),
        .target(name: "Messages", exclude: ["README.md"]),
        .target(name: "Randomness", dependencies: ["CKernels"], exclude: ["README.md"]),
        .target(name: "FixedTree", exclude: ["README.md"]),
        .target(name: "Files", exclude: ["README.md"]),
        .target(name: "TensorBoard", exclude: ["README.md"]),
        .target(name: "Options", dependencies: ["Messages"], exclude: ["README.md"]),
        .target(name: "Safetensors", dependencies: ["Files", "Messages"], exclude: ["README.md"]),
        .target(name: "Graph", exclude: ["README.md"]),
        .target(
            name: "Layers", dependencies: ["Graph", "Messages", "Options", "Randomness"],
            exclude: ["README.md"]),
        .target(
            name: "Runtime", dependencies: ["CKernels", "COneDNN", "Graph"], exclude: ["README.md"]),
        .target(
            name: "Optimizers", dependencies: ["CKernels", "Messages", "Options"], exclude: ["README.md"]),
        .target(name: "Spectrum", dependencies: ["CLAPACK"], exclude: ["README.md"]),
        .target(
            name: "Datasets",
            dependencies: [
                "CKernels", "CZlib", "Files", "FixedTree", "Messages", "Options", "Randomness",
                "Safetensors", "Spectrum",
            ], exclude: ["README.md"]),
        .target(
            name: "Cluster", dependencies: ["CKernels", "COneDNN", "CSignals", "MPI", "Messages"],
            exclude: ["README.md"]),
        .target(
            name: "DataParallel",
            dependencies: [
                "CKernels", "COneDNN", "MPI", "Messages", "Randomness", "FixedTree", "Graph", "Layers",
                "Runtime",
                "Optimizers", "Spectrum", "Datasets", "Cluster",
            ], exclude: ["README.md"]),
        .target(
            name: "Training",
            dependencies: [
                "Cluster", "DataParallel", "FixedTree", "Graph", "Layers", "MPI", "Optimizers", "Options",
                "Datasets",
                "Randomness", "Files", "Messages", "Safetensors", "Spectrum", "TensorBoard", "CKernels",
                "COneDNN", "CSignals",
                .product(name: "Crypto", package: "swift-crypto"),
            ], exclude: ["README.md"]),
        .target(
            name: "Configuration",
            dependencies: [
                "Messages", "Randomness", "Options", "Graph", "Layers", "Optimizers", "Datasets", "Cluster",
                "Training", "Yams",
            ], exclude: ["README.md"]),
        .target(
            name: "Reports",
            dependencies: [
                "Configuration", "Datasets", "Messages", "Training",
                .product(name: "Mustache", package: "swift-mustache"),
            ], exclude: ["README.md"]),
        .target(
            name: "Studies",
            dependencies: ["Cluster", "Configuration", "Datasets", "Messages", "Reports", "Training"],
            exclude: ["README.md"]),
        .target(
            name: "DistributedTraining",
            dependencies: [
                "Graph", "Layers", "Optimizers", "Options", "Datasets", "Cluster", "DataParallel",
                "Training", "Configuration", "MPI",
            ], exclude: ["README.md"]),
        .executableTarget(
            name: "dtrain",
            dependencies: [
                "Configuration", "Cluster", "DataParallel", "Datasets", "Files", "Layers", "MPI", "Messages",
                "Reports", "Studies", "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], exclude: ["README.md"]),

        // Tests, and what they start as processes of their own.
        .target(name: "ProcessSupport", path: "Tests/ProcessSupport"),
        .target(
            name: "GraphSupport", dependencies: ["CKernels", "Graph", "Layers", "Randomness"],
            path: "Tests/GraphSupport"),
        .target(
            name: "ReplicaSupport",
            dependencies: [
                "CKernels", "Cluster", "DataParallel", "Datasets", "Layers", "MPI", "Optimizers",
                "Randomness", "Runtime",
                "Training",
            ],
            path: "Tests/ReplicaSupport"),
        .target(
            name: "FuzzSupport",
            dependencies: [
                "Configuration", "CZlib", "Datasets", "Layers", "Randomness", "Safetensors", "Studies",
                "Training",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Tests/FuzzSupport"),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "FuzzSupport", "ProcessSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Fuzz", exclude: ["Corpus"]),
        .executableTarget(name: "mpi-selftest", dependencies: ["MPI"], path: "Tests/MPISelfTest"),
        .testTarget(name: "MPITests", dependencies: ["MPI", "ProcessSupport", "mpi-selftest"]),
        .testTarget(
            name: "GraphTests",
            dependencies: ["CKernels", "Graph", "GraphSupport", "Layers", "Randomness"]),
        .testTarget(
            name: "LayersTests",
            dependencies: ["CKernels", "Graph", "GraphSupport", "Layers", "Options", "Randomness"]),
        .testTarget(name: "CKernelsTests", dependencies: ["CKernels"]),
        .testTarget(name: "COneDNNTests", dependencies: ["COneDNN"]),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzSupport", "ProcessSupport", "fuzz"]),
        .testTarget(name: "RandomnessTests", dependencies: ["Randomness", "CKernels"]),
        .testTarget(name: "ArchitectureTests"),
        .testTarget(name: "FixedTreeTests", dependencies: ["FixedTree"]),
        .testTarget(name: "ClusterTests", dependencies: ["Cluster"]),
        .testTarget(name: "FilesTests", dependencies: ["Files"]),
        .testTarget(name: "SafetensorsTests", dependencies: ["Safetensors"], exclude: ["Data"]),
        .testTarget(name: "TensorBoardTests", dependencies: ["TensorBoard"]),
        .testTarget(name: "SpectrumTests", dependencies: ["CKernels", "CLAPACK", "Randomness", "Spectrum"]),
        .testTarget(
            name: "DatasetsTests",
            dependencies: ["CKernels", "Datasets", "FixedTree", "FuzzSupport", "Randomness"],
            exclude: ["Data"]),
        .testTarget(
            name: "OptimizersTests", dependencies: ["CKernels", "Optimizers", "Options"],
            resources: [.copy("Data")]),
        .target(
            name: "RuntimeSupport", dependencies: ["CKernels", "Graph", "GraphSupport", "Runtime"],
            path: "Tests/RuntimeSupport"),
        .testTarget(
            name: "RuntimeTests",
            dependencies: [
                "CKernels", "Graph", "GraphSupport", "Layers", "Randomness", "Runtime", "RuntimeSupport",
            ]),
        .testTarget(
            name: "DataParallelTests",
            dependencies: [
                "CKernels", "Cluster", "DataParallel", "Datasets", "FixedTree", "Graph", "GraphSupport",
                "Layers", "Optimizers", "Options", "Randomness", "ReplicaSupport", "Runtime",
                "RuntimeSupport",
            ], resources: [.copy("Data")]),
        .testTarget(name: "MessagesTests", dependencies: ["Messages"]),
        .testTarget(name: "OptionsTests", dependencies: ["Options"]),
        .testTarget(name: "ReportsTests", dependencies: ["CZlib", "Reports"]),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "CKernels", "Cluster", "DataParallel", "Datasets", "Graph", "Layers", "Optimizers",
                "Options", "ReplicaSupport", "Runtime", "TensorBoard", "Training",
            ]),
        .testTarget(
            name: "TorchReferencesTests",
            dependencies: [
                "CKernels", "DataParallel", "Datasets", "Graph", "GraphSupport", "Layers", "Optimizers",
                "Options", "ReplicaSupport", "Runtime", "RuntimeSupport", "Safetensors",
            ],
            path: "Tests/TorchReferences", exclude: ["README.md"], resources: [.copy("Data")]),
        .executableTarget(
            name: "allreduce-bench", dependencies: ["Cluster", "DataParallel", "DistributedTraining", "MPI"],
            path: "Tests/AllReduceBench"),
        .executableTarget(
            name: "hessian-product",
            dependencies: [
                "CKernels", "Cluster", "DataParallel", "Datasets", "DistributedTraining", "Layers",
                "ReplicaSupport",
            ],
            path: "Tests/HessianProduct"),
        .executableTarget(
            name: "onednn-chain", dependencies: ["COneDNN"], path: "Tests/OneDNNChain",
            linkerSettings: [.linkedLibrary("dnnl")]),
        .executableTarget(
            name: "training-controls", dependencies: ["DistributedTraining", "MPI"],
            path: "Tests/TrainingControls"),
        // It runs other programs and imports none of them: it need not wait for them to be compiled.
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "CKernels", "COneDNN", "Configuration", "Options", "Optimizers", "ProcessSupport",
                "Safetensors", "Studies", "Training",
                .product(name: "Crypto", package: "swift-crypto"),
            ], exclude: ["Goldens", "Hessians", "Readers"]),
        .testTarget(
            name: "ConfigurationTests",
            dependencies: [
                "Cluster", "Configuration", "Datasets", "Graph", "Layers", "Messages", "Optimizers",
                "Options", "Studies", "Training",
            ]),
    ],
    swiftLanguageModes: [.v6]
)

// Half of the time in which tests are built would go into making them fast, which they need not be. What they test, and
// the targets that compute for them, are optimized.
for target in package.targets where target.type == .test {
    target.swiftSettings = [.unsafeFlags(["-Onone"])]
}
