/// How a layer makes its weight of parameters.
public enum WeightForm: String, Sendable, Hashable, CaseIterable {
    /// The weight is a parameter.
    case plain
    /// g · v / ‖v‖ for each output, as torch.nn.utils.parametrizations.weight_norm (Salimans and Kingma 2016,
    /// arXiv:1602.07868).
    case weightNorm = "weight_norm"
    /// W / σ(W) with the largest singular value σ, as torch.nn.utils.parametrizations.spectral_norm (Miyato et al.
    /// 2018, arXiv:1802.05957).
    case spectralNorm = "spectral_norm"
}
