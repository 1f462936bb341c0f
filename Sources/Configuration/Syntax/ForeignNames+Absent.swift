/// What other programs have to be told and dtrain has not, and what it does not have.
extension ForeignNames {
    static let absent: [Row] = [
        Row(
            "device devices accelerator cuda use_cuda no_cuda gpu gpus n_gpu num_gpus tpu_cores",
            instead: "leave it out: dtrain computes on CPUs, on 4 ranks with mpirun -n 4 dtrain"),
        Row(
            "n np ranks nproc nproc_per_node num_processes num_nodes nnodes node_rank local_rank rank world_size master_addr master_port strategy ddp distributed backend",
            instead: "leave it out: the number of ranks is the launcher's, as in mpirun -n 4 dtrain"),
        Row(
            "num_workers dataloader_num_workers pin_memory dataloader_pin_memory persistent_workers prefetch prefetch_factor cache use_multiprocessing max_queue_size",
            instead:
                "leave it out: the data set lies in memory, and training.workers are threads that compute"),
        Row(
            "deterministic cudnn_benchmark",
            instead: "leave it out: equal settings give equal bytes at any number of ranks"),
        Row(
            "verbose verbosity progress_bar enable_progress_bar disable_tqdm v",
            instead:
                "leave it out: logging.every_steps says how often steps are logged, --quiet prints warnings alone"
        ),
        Row(
            "logger wandb use_wandb mlflow neptune comet report_to",
            instead:
                "leave it out: the output folder gets metrics.jsonl, TensorBoard's event files and, with logging.csv, tables"
        ),
        Row(
            "callbacks callback",
            instead: "leave it out: training.early_stopping, schedule and checkpoint do what callbacks do"),
        Row(
            "compile compile_args",
            instead: "write loss, optimizer and evaluation.metrics as sections of their own"),
        Row(
            "drop_last", instead: "leave it out: the last mini-batch of an epoch is smaller, none is dropped"),
        Row(
            "max_steps num_steps total_steps train_steps iterations max_iterations max_iters num_iterations",
            instead: "training.epochs is the length of a run, and --steps N ends it after N steps"),
        Row(
            "steps_per_epoch limit_train_batches",
            instead:
                "leave it out: an epoch passes over the training set, of which data.train.limit takes a part"
        ),
        Row(
            "limit_val_batches validation_steps eval_batch_size per_device_eval_batch_size val_batch_size",
            instead: "leave it out: evaluation takes all examples, in batches of its own"),
        Row(
            "check_val_every_n_epoch eval_strategy evaluation_strategy validation_freq",
            instead: "leave it out: every epoch ends with an evaluation, and evaluation.every_steps adds more"
        ),
        Row("fast_dev_run overfit_batches smoke_test", instead: "give --dry-run on the command line"),
        Row(
            "initial_epoch resume resume_from resume_from_checkpoint ckpt ckpt_path checkpoint_path load load_checkpoint restore continue",
            instead: "give --resume DIR on the command line"),
        Row(
            "force exist_ok overwrite overwrite_output_dir clobber",
            instead: "give --overwrite on the command line"),
        Row("profiler", instead: "give --profile on the command line"),
        Row("t_max", instead: "leave it out: the schedule ends with the run"),
        Row("lbfgs", instead: "there is none; newton_cg is of second order, too"),
        Row(
            "hidden_layer_sizes hidden_layers hidden_sizes hidden_size",
            instead: "write model: {name: mlp, hidden: [100]}, with one number for each hidden layer"),
        Row("layers", instead: "write the list of layers itself behind model:"),
        Row(
            "input_features output_features",
            instead:
                "name the table and its column of labels in data.train: {format: csv, files: FILE, label: COLUMN}"
        ),
        Row(
            "sample_weight sample_weights",
            instead: "leave it out: examples weigh the same, classes may have loss.class_weights"),
        Row(
            "imgsz image_size img_size input_size resize",
            instead: "leave it out: images keep the size that the data has"),
        Row("cells nbformat", instead: "this is a notebook: give a YAML file"),
        Row("parquet feather arrow excel xlsx hdf5 h5", instead: "save the data as CSV or .npy"),
        // Layers and their options.
        Row(
            "activation activations nonlinearity non_linearity act",
            instead: "write the activation as a layer of its own, as - relu"),
        Row(
            "input input_layer input_shape input_dim batch_input_shape num_features",
            instead: "leave it out: the data says the shape of inputs"),
        Row("axis", instead: "leave it out: channels are the dimension behind that of examples"),
        Row("rescaling", instead: "leave it out: data.normalize scales features"),
        Row("inplace trainable requires_grad track_running_stats return_sequences", instead: "leave it out"),
        Row(
            "dilation dilation_rate atrous_rate", instead: "dilation is an option of conv1d; conv2d has none"),
        Row("conv3d max_pooling3d", instead: "there is none; conv2d takes images"),
        Row("concat concatenate", instead: "there is none; residual adds what two ways make"),
        Row("zero_padding2d", instead: "padding is an option of conv2d"),
        Row("silu swish mish hardswish", instead: "there is none; gelu is like it"),
        Row("elu selu celu prelu relu6", instead: "there is none; relu, leaky_relu and gelu are like it"),
        Row("same", instead: "write (kernel − 1) / 2, which keeps the size where the stride is 1"),
        Row("valid", instead: "write 0"),
    ]
}
