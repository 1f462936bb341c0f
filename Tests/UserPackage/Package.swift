// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "MyNet",
    dependencies: [.package(name: "dtrain", path: "../..")],
    targets: [
        .executableTarget(
            name: "MyNet", dependencies: [.product(name: "DistributedTraining", package: "dtrain")])
    ],
    swiftLanguageModes: [.v6]
)
