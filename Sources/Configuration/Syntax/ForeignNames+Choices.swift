/// Losses, optimizers, schedules, initializers, metrics and formats.
extension ForeignNames {
    static let choices: [Row] = losses + methods + measures

    private static let losses: [Row] = [
        Row("cross_entropy_loss crossentropy ce softmax_cross_entropy log_loss", "cross_entropy"),
        Row(
            "categorical_crossentropy sparse_categorical_crossentropy", "cross_entropy",
            "on logits, without softmax in front"),
        Row("nll nll_loss", "cross_entropy", "on logits, without log_softmax in front"),
        Row("bce_with_logits bce_with_logits_loss sigmoid_cross_entropy", "binary_cross_entropy"),
        Row(
            "bce bce_loss binary_crossentropy", "binary_cross_entropy", "on logits, without sigmoid in front"),
        Row("mse_loss mean_squared_error squared_error l2 l2_loss", "mse"),
        Row("mae l1_loss mean_absolute_error absolute_error", "l1 mae"),
        Row("huber_loss", "huber"),
        Row("smooth_l1_loss", "smooth_l1"),
        Row("hinge_loss categorical_hinge multi_margin_loss", "hinge"),
        Row("class_weight class_weighting", "loss.class_weights"),
        Row("label_smoothing_factor", "loss.label_smoothing"),
    ]

    private static let methods: [Row] = [
        Row("gd gradient_descent sgdm momentum_sgd", "sgd"),
        Row("nag nesterov", "sgd", "with nesterov: true"),
        Row("adamw_torch", "adamw"),
        Row("step_lr step_decay", "step"),
        Row("multi_step_lr piecewise_constant piecewise_constant_decay", "multi_step"),
        Row("exponential_lr exponential_decay", "exponential"),
        Row(
            "cosine_annealing cosine_annealing_lr cosine_decay cosine_with_warmup cosine_schedule_with_warmup",
            "cosine"),
        Row(
            "cosine_annealing_warm_restarts cosine_with_restarts cosine_decay_restarts sgdr",
            "cosine_restarts"),
        Row("one_cycle_lr", "one_cycle"),
        Row("cyclic cyclic_lr clr", "cyclical"),
        Row("linear_lr linear_decay linear_schedule_with_warmup", "linear"),
        Row("poly polynomial_lr polynomial_decay", "polynomial"),
        Row("reduce_lr_on_plateau plateau adaptive", "reduce_on_plateau on_plateau"),
        Row("constant_lr constant_with_warmup", "constant"),
        Row("inverse_time_decay invscaling", "inverse"),
        Row("noam", "inverse_sqrt"),
        Row("xavier glorot glorot_uniform", "xavier_uniform"),
        Row("glorot_normal", "xavier_normal"),
        Row("kaiming he he_uniform", "kaiming_uniform"),
        Row("he_normal msra", "kaiming_normal"),
        Row("random_uniform", "uniform"),
        Row("random_normal gaussian", "normal"),
        Row("truncated_normal", "trunc_normal"),
    ]

    private static let measures: [Row] = [
        Row(
            "acc accuracy_score val_acc val_accuracy test_accuracy binary_accuracy categorical_accuracy sparse_categorical_accuracy",
            "accuracy validation_accuracy"),
        Row("val_acc val_accuracy valid_accuracy eval_accuracy dev_accuracy", "validation_accuracy"),
        Row("val_loss valid_loss eval_loss dev_loss", "loss validation_loss"),
        Row("f1_score f1_macro macro_f1", "f1"),
        Row("val_f1", "f1 validation_f1"),
        Row("r2_score", "r2"),
        Row("top5 top_5 acc5 top_k_categorical_accuracy", "top_5_accuracy"),
        Row("loss training_loss", "train_loss"),
        Row("minmax min_max_scaler", "min_max"),
        Row("standard standard_scaler z_score zscore", "standardize"),
        Row("zca pca_whitening", "whiten"),
        Row("mnist ubyte idx3", "idx"),
        Row("numpy np npz", "npy"),
        Row("tsv table dataframe pandas", "csv"),
        Row("cifar", "cifar10"),
        Row("32 fp32 32_true single full", "float32"),
        Row(
            "bf16 bf16_mixed bf16_true mixed_bfloat16 amp autocast mixed 16 16_mixed 16_true fp16 float16 half mixed_float16",
            "bfloat16"),
    ]
}
