// Multiplies the Hessian of a small model with a vector and prints the bits, so that a test can compare them at several
// numbers of ranks, on one machine that may stand for several nodes.
// Use: mpirun -n 3 hessian-product mlp|cnn [RANKS OF A NODE]
//      mpirun -n 2 hessian-product speed mlp|cnn BATCH SECONDS: measures products and gradients of the recipes' networks
import Cluster
import DistributedTraining
import Foundation
import ReplicaSupport

let arguments = CommandLine.arguments
if arguments.count == 5, arguments[1] == "speed", let batch = Int(arguments[3]),
    let seconds = Double(arguments[4])
{
    exit(
        DistributedProgram.run(name: "hessian-product") { cluster in
            try ProductSpeed.measure(arguments[2], batch: batch, seconds: seconds, on: cluster)
        })
}
let nodeSize = arguments.count > 2 ? Int(arguments[2]) : nil
guard let product = ProductCase.all.first(where: { arguments.count > 1 && $0.name == arguments[1] }) else {
    DistributedProgram.write("hessian-product: error: expected mlp or cnn")
    exit(ExitStatus.usage.rawValue)
}
exit(
    DistributedProgram.run(name: "hessian-product") { whole in
        let cluster = try nodeSize.map { try whole.withNodes(ofAtMost: $0) } ?? whole
        let products = try product.product(on: cluster).joined().map { String($0.bitPattern, radix: 16) }
        // All of them are one number, however ranks overtake one another.
        let losses = Set(try product.losses(on: cluster)).map { String($0.bitPattern, radix: 16) }
        let values = products + losses
        let all = try Agreement.gathered(values, in: cluster.world)
        if cluster.rank == 0, all.allSatisfy({ $0 == values }) { print(values.joined(separator: " ")) }
    })
