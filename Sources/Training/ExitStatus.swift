import Cluster
import DataParallel
import Datasets
import Layers
import MPI
import Optimizers
import Options
import Safetensors
import Spectrum

/// Exit codes, after sysexits.h, and the errors that they stand for.
public enum ExitStatus: Int32, Sendable {
    case success = 0
    case failure = 1
    case usage = 64
    case badData = 65
    case noResources = 71
    case cannotCreateOutput = 73
    case io = 74
    case rankLost = 75
    case disagreement = 76
    case badConfiguration = 78
    case diverged = 79

    /// The code for an error of the library.
    public init(for error: any Error) {
        switch error {
        case let error as any StatedError: self = error.exitStatus
        case is ResourceError: self = .noResources
        case let error as DataError: self = error.kind == .memory ? .noResources : .badData
        case is OptionError, is ModelError, is ModelDataError: self = .badConfiguration
        case let error as ClusterError:
            if case .moreRanksThanShards = error { self = .usage } else { self = .failure }
        case is FaultSpecificationError, is SlurmStart.Unconnected: self = .usage
        case is DisagreementError, is MemoryChangeError: self = .disagreement
        case is SpectrumError: self = .diverged
        case let error as TrainingError:
            switch error.kind {
            case .output: self = .cannotCreateOutput
            case .io: self = .io
            case .configuration: self = .badConfiguration
            case .badFile, .foreignFormat, .unreadable: self = .badData
            case .diverged: self = .diverged
            case .launch: self = .usage
            }
        case let error as SafetensorsError:
            self =
                switch error.reason {
                case .unwritable: .io
                case .memory: .noResources
                default: .badData
                }
        default: self = .failure
        }
    }
}

/// An error that knows its exit code. If it is about a file, its text stays as it is for Swift programs too.
package protocol StatedError: Error {
    /// The exit code.
    var exitStatus: ExitStatus { get }
}
