/// Layers and their options.
extension ForeignNames {
    static let parts: [Row] = layers + options

    private static let layers: [Row] = [
        Row("dense fc fully_connected lazy_linear", "linear"),
        Row("conv convolution convolution2d lazy_conv2d", "conv2d"),
        Row("batchnorm1d batchnorm2d bn sync_batch_norm", "batch_norm"),
        Row("batch_normalization", "batch_norm", "whose momentum is 1 − Keras's"),
        Row("layer_normalization ln", "layer_norm"),
        Row("group_normalization", "group_norm"),
        Row("instancenorm2d instance_normalization", "instance_norm"),
        Row("maxpool max_pooling max_pooling2d", "max_pool2d"),
        Row("avgpool avg_pooling average_pool average_pooling average_pooling2d", "avg_pool2d"),
        Row(
            "adaptive_avg_pool2d global_avg_pool2d global_average_pooling global_average_pooling2d",
            "global_avg_pool"),
        Row("dropout1d dropout2d spatial_dropout2d alpha_dropout", "dropout"),
        Row("view reshape", "flatten"),
        Row("lrelu", "leaky_relu"),
        Row("skip shortcut add", "residual"),
    ]

    private static let options: [Row] = [
        Row("filters num_filters units num_units hidden_units channels neurons nodes outputs", "out"),
        Row("pool_size filter_size size", "kernel"),
        Row("pad", "padding"),
        Row("use_bias", "bias"),
        Row("rate prob probability drop_prob drop_rate dropout_rate", "p"),
        Row("keep_prob keep_probability", "p", "which is 1 − keep_prob"),
        Row("slope leak", "negative_slope"),
        Row("kernel_initializer weight_init weight_initializer initializer init_method", "init"),
        Row("bias_initializer", "init", "as {bias: NAME}"),
        Row("center scale", "affine"),
        Row("n_groups", "num_groups"),
        Row("hidden_layers hidden_sizes hidden_size hidden_dims", "hidden"),
    ]
}
