/// Sections, and the keys of all sections.
extension ForeignNames {
    static let keys: [Row] = sections + training + records + optimizer + data

    private static let sections: [Row] = [
        Row("dataset datasets dataloader datamodule data_loader", "data"),
        Row("network net layers architecture arch backbone", "model"),
        Row("criterion loss_fn loss_func loss_function objective", "loss"),
        Row("optim opt optimiser updater solver", "optimizer"),
        Row(
            "scheduler lr_scheduler lr_schedule lr_scheduler_type lr_policy learning_rate_schedule",
            "schedule"),
        Row("trainer fit training_args training_arguments hyperparameters hparams", "training"),
        Row("eval evaluator", "evaluation"),
        Row("checkpointing model_checkpoint", "checkpoint"),
        Row("log", "logging"),
        Row("initialization initialisation", "init"),
        Row(
            "pretrained pretrained_weights initial_weights init_from load_weights warm_start finetune_from",
            "init.weights"),
        Row(
            "output_dir out_dir out save_dir save_path log_dir logging_dir default_root_dir results_dir work_dir model_dir",
            "output"),
        Row("project name run_name experiment experiment_name exp_name", "output", "the folder of the run"),
        // Options of the command line.
        Row("cfg conf config_file config_path", "config"),
        Row(
            "checkpoint resume_from resume_from_checkpoint ckpt ckpt_path checkpoint_path load load_checkpoint restore continue",
            "resume"),
        Row("force exist_ok overwrite_output_dir clobber", "overwrite"),
        Row("max_steps num_steps train_steps iterations max_iterations num_iterations", "steps"),
        Row("fast_dev_run smoke_test", "dry-run"),
        Row("profiler", "profile"),
    ]

    private static let training: [Row] = [
        Row(
            "batch_size minibatch mini_batch minibatch_size bs train_batch_size global_batch_size total_batch_size",
            "batch"),
        Row(
            "per_device_train_batch_size per_device_batch_size per_gpu_train_batch_size micro_batch_size",
            "batch", "the batch of all ranks together"),
        Row(
            "epoch num_epochs n_epochs nb_epoch max_epochs num_train_epochs train_epochs total_epochs max_iter",
            "epochs"),
        Row(
            "accumulate_grad_batches gradient_accumulation gradient_accumulation_steps accumulation_steps accum_steps grad_accum grad_accumulation_steps",
            "accumulate"),
        Row(
            "grad_clip grad_clip_norm gradient_clip gradient_clip_val gradient_clipping clip_norm clip_grad clip_grad_norm global_clipnorm max_grad_norm",
            "clip"),
        Row("clip_value clip_grad_value", "training.clip", "as {value: NUMBER}"),
        Row("random_seed manual_seed random_state rng_seed global_seed", "seed"),
        Row("threads num_threads n_threads nthreads n_jobs cpus cpus_per_task", "workers"),
        Row("max_time time_limit time_budget max_train_time", "max_minutes", "in minutes"),
        Row(
            "patience es_patience early_stopping_patience early_stopping_rounds n_iter_no_change",
            "training.early_stopping.patience"),
        Row("min_delta tol early_stopping_threshold", "training.early_stopping.min_change"),
        Row("restore_best_weights load_best_model_at_end", "training.early_stopping.restore_best"),
        Row("monitor metric_for_best_model", "metric training.watch"),
        Row("early_stop early_stopping_callback", "early_stopping"),
        Row(
            "bf16 bfloat16 fp16 float16 half amp use_amp use_bf16 autocast mixed_precision mixed mixed_bfloat16 dtype torch_dtype compute_dtype",
            "training.precision", "which is float32 or bfloat16"),
    ]

    private static let records: [Row] = [
        Row("eval_metrics scoring", "metrics"),
        Row(
            "eval_steps eval_every eval_interval eval_freq val_interval val_check_interval",
            "evaluation.every_steps", "in optimizer steps"),
        Row("save_top_k save_total_limit max_to_keep keep_last", "checkpoint.keep"),
        Row(
            "save_steps save_every save_interval save_freq every_n_train_steps checkpoint_interval",
            "checkpoint.every_steps"),
        Row("every_n_epochs save_every_n_epochs save_period", "checkpoint.every_epochs"),
        Row("save_best save_best_only", "checkpoint.best"),
        Row(
            "logging_steps log_steps log_every log_every_n_steps log_interval log_freq print_every print_freq",
            "logging.every_steps"),
        Row(
            "interval every_n_steps", "logging.every_steps evaluation.every_steps checkpoint.every_steps"),
    ]

    private static let optimizer: [Row] = [
        Row("learning_rate learning_rate_init base_lr init_lr initial_lr lr_init lr0 eta", "lr"),
        Row("max_lr peak_lr", "lr", "the peak of the schedule"),
        Row("decay wd l2 l2_penalty l2_regularization regularization", "weight_decay"),
        // The strength of scikit-learn's penalty, and the slope of Keras' LeakyReLU.
        Row("alpha", "negative_slope optimizer.weight_decay"),
        Row("epsilon adam_epsilon", "eps"),
        Row("beta1 beta2 adam_beta1 adam_beta2 b1 b2", "betas", "as [beta1, beta2]"),
        Row("rho", "alpha"),
        Row("use_nesterov nesterov_momentum nesterovs_momentum", "nesterov"),
        Row("exclude_from_weight_decay no_weight_decay", "no_decay"),
        Row("warmup_epochs num_warmup_epochs", "warmup"),
        Row("warmup_ratio warmup_fraction warmup_proportion", "warmup", "in epochs"),
        Row("num_warmup_steps warmup_iters warmup_iterations", "warmup_steps"),
        Row("min_lr eta_min lr_min lr_end final_lr min_learning_rate", "eta_min"),
        Row("lrf", "schedule.eta_min", "which is lr0 · lrf"),
        Row("decay_rate lr_decay_factor drop_factor", "gamma"),
        Row("step step_every decay_steps lr_step", "step_size", "in epochs"),
        Row("boundaries lr_steps", "milestones"),
    ]

    private static let data: [Row] = [
        Row(
            "validation_split validation_fraction valid_split val_split val_ratio val_fraction val_size holdout",
            "data.validation.fraction"),
        Row("test_size", "data.validation.fraction", "of the training set"),
        Row(
            "val valid dev validation_data validation_set val_data val_set val_dataset eval_data eval_dataset eval_set",
            "data.validation"),
        Row("train_data train_dataset train_file train_set training_data training_set", "data.train"),
        Row("test_data test_dataset test_file test_set", "data.test"),
        Row("data_dir data_path data_root dataset_dir root_dir", "data.root"),
        Row("normalization standardize scaler scaling rescale preprocessing", "normalize"),
        Row("augmentation augmentations data_augmentation transform transforms", "augment"),
        Row("x input inputs images", "features"),
        Row("y target targets", "labels label"),
        Row("target_column label_column target_name y_col", "label"),
        Row("file path paths filename filenames file_path", "files features"),
        Row("sep separator", "delimiter"),
        Row("drop drop_columns exclude", "ignore"),
        Row("num_classes n_classes nc num_labels", "classes"),
        Row("max_samples max_train_samples subset", "data.train.limit", "a number of examples"),
        Row("type kind class class_name _target_ algorithm", "name format"),
        Row("random_crop", "crop"),
        Row("horizontal_flip random_horizontal_flip random_flip fliplr", "flip"),
        Row("random_rotation rotate", "rotation"),
        Row("random_erasing cutout", "erasing"),
        Row("translate", "shift"),
    ]
}
