import Foundation
import Graph
import GraphSupport
import Layers
import Safetensors

/// The models of sequences that README.md describes, built of this project's layers, with what PyTorch computed for them.
enum SequenceModel: String, CaseIterable, Sendable {
    case lstm, gru
    case rnnTanh = "rnn_tanh"
    case lstmLengths = "lstm_lengths"
    case gruLengths = "gru_lengths"
    case rnnTanhLengths = "rnn_tanh_lengths"
    case rnnReluLast = "rnn_relu_last"
    case poolMean = "pool_mean"
    case poolMax = "pool_max"
    case transformerCausal = "transformer_causal"
    case transformerLengths = "transformer_lengths"
    case attentionLengths = "attention_lengths"
    case attentionCausal = "attention_causal"
    case rmsNorm = "rms_norm"
    case layerNorm = "layer_norm"
    case attentionNorms = "attention_norms"
    case conv1d

    /// Examples of a mini-batch, and how many there are.
    static let (batch, batches) = (6, 10)

    var layers: Sequential {
        switch self {
        case .lstm, .lstmLengths:
            [
                Embedding(11, features: 5, paddingIndex: 0), LSTM(4, layers: 2, isBidirectional: true),
                Linear(11),
            ]
        case .gru, .gruLengths:
            [
                Embedding(11, features: 5, paddingIndex: 0), GRU(4, layers: 2, isBidirectional: true),
                Linear(11),
            ]
        case .rnnTanh, .rnnTanhLengths:
            [
                Embedding(11, features: 5, paddingIndex: 0), RNN(4, layers: 2, isBidirectional: true),
                Linear(11),
            ]
        case .rnnReluLast: [RNN(4, isReLU: true), SequencePool(.last), Linear(3)]
        case .poolMean: [Linear(6), Tanh(), SequencePool(.mean), Linear(3)]
        case .poolMax: [Linear(6), Tanh(), SequencePool(.max), Linear(3)]
        case .transformerCausal:
            [
                Embedding(13, features: 8), PositionalEmbedding(longest: 12),
                TransformerEncoder(
                    2,
                    TransformerOptions(
                        heads: 2, feedforward: 16, dropout: 0, activation: .gelu, normFirst: true,
                        isCausal: true)), Linear(13),
            ]
        case .transformerLengths:
            [
                Embedding(13, features: 8),
                TransformerEncoder(2, TransformerOptions(heads: 2, feedforward: 16, dropout: 0)), Linear(13),
            ]
        case .attentionLengths: [MultiheadAttention(heads: 2)]
        case .attentionCausal: [MultiheadAttention(heads: 2, isCausal: true)]
        case .rmsNorm: [RMSNormalization()]
        case .layerNorm: [LayerNormalization()]
        case .attentionNorms:
            [Linear(8), RMSNormalization(), MultiheadAttention(heads: 2), LayerNormalization(), Linear(5)]
        case .conv1d:
            [
                Embedding(11, features: 6), Transpose(), Conv1d(8, kernel: 3, padding: 1), ReLU(),
                Conv1d(5, kernel: 3, stride: 2), ReLU(), MaxPool1d(2), Transpose(), SequencePool(.mean),
                Linear(3),
            ]
        }
    }

    /// The model's file.
    func file() throws -> SafetensorsFile {
        guard
            let url = Bundle.module.url(
                forResource: rawValue, withExtension: "safetensors", subdirectory: "Data/Sequences")
        else { throw CocoaError(.fileNoSuchFile) }
        return try SafetensorsFile.read(path: url.path)
    }
}

extension SafetensorsFile {
    /// A tensor of numbers of any type; nil where the file has none of this name.
    func reference(_ name: String) throws -> ReferenceTensor? {
        guard let entry = entry(named: name) else { return nil }
        if let whole = try? int64s(named: name) {
            return ReferenceTensor(entry.shape, whole.map(Double.init))
        }
        return ReferenceTensor(entry.shape, try doubles(named: name))
    }

    /// The same of one that must be there.
    func required(_ name: String) throws -> ReferenceTensor {
        guard let tensor = try reference(name) else { throw CocoaError(.fileReadCorruptFile) }
        return tensor
    }
}
