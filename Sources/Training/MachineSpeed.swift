import CKernels
import COneDNN
import Foundation

/// The highest speeds of one core of this machine, measured.
enum MachineSpeed {
    /// GFLOP/s of a 512 x 512 x 512 product on one core; the best of several.
    static func matrixProducts() -> Double {
        let n = 512
        let a = [Float](repeating: 0.5, count: n * n)
        let b = [Float](repeating: 0.25, count: n * n)
        var c = [Float](repeating: 0, count: n * n)
        let side = Int64(n)
        let seconds = best(of: 10) {
            _ = od_sgemm(false, false, side, side, side, 1, a, side, b, side, 0, &c, side)
        }
        return 2 * Double(n * n * n) / seconds / 1e9
    }

    /// GFLOP/s of products of bfloat16 numbers on one core, as dense layers of 512 inputs and outputs make them; the best of
    /// several.
    static func bfloat16Products() -> Double {
        let (examples, n) = (64, 512)
        let kernels = dt_kernels_for(dt_isa_detect()).pointee
        // 0.5 in bfloat16.
        let x = [UInt16](repeating: 0x3F00, count: examples * n)
        let w = [UInt16](repeating: 0x3F00, count: n * n)
        var y = [UInt16](repeating: 0, count: examples * n)
        let repetitions = 8
        let seconds = best(of: 10) {
            for _ in 0..<repetitions {
                kernels.dense_forward_bf16(x, w, nil, Int64(examples), Int64(n), Int64(n), false, true, &y)
            }
        }
        return 2 * Double(repetitions * examples * n * n) / seconds / 1e9
    }

    /// GB/s of copying 32 MiB, bytes read and written.
    static func memoryCopy() -> Double {
        let count = 32 << 20
        let from = [UInt8](repeating: 1, count: count)
        var to = [UInt8](repeating: 0, count: count)
        let seconds = best(of: 5) {
            from.withUnsafeBytes { source in to.withUnsafeMutableBytes { $0.copyMemory(from: source) } }
        }
        return 2 * Double(count) / seconds / 1e9
    }

    private static func best(of count: Int, _ body: () -> Void) -> Double {
        (0..<count).map { _ in
            let start = ProcessInfo.processInfo.systemUptime
            body()
            return ProcessInfo.processInfo.systemUptime - start
        }.min() ?? .infinity
    }
}
