// The training library as one import.
@_exported import Cluster
@_exported import Configuration
@_exported import DataParallel
@_exported import Datasets
@_exported import Graph
@_exported import Layers
@_exported import Optimizers
@_exported import Options
@_exported import Training
