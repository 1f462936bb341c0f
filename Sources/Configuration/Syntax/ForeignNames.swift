import Messages

/// Names that PyTorch, Keras, Lightning and others have for things that are called differently here. They are still
/// refused; the table only finds what was meant.
///
/// A word needs no entry if it differs from our name only in case, underscores or hyphens ("BatchNorm"), or is close to
/// it ("optimzer"), because `suggestion` finds those without the table.
enum ForeignNames {
    /// Our names for a word, the likeliest first; the place of the word decides between them.
    static func ours(for word: String) -> [String] { table[plainName(word)] ?? [] }

    /// Our names, by other names without case, underscores and hyphens.
    private static let table: [String: [String]] = [
        // Sections.
        "dataset": ["data"], "datasets": ["data"], "dataloader": ["data"],
        "network": ["model"], "net": ["model"], "layers": ["model"], "architecture": ["model"],
        "criterion": ["loss"], "lossfn": ["loss"], "lossfunction": ["loss"], "objective": ["loss"],
        "optim": ["optimizer"], "optimiser": ["optimizer"], "updater": ["optimizer"],
        "scheduler": ["schedule"], "lrscheduler": ["schedule"], "lrschedule": ["schedule"],
        "trainer": ["training"], "fit": ["training"], "pretrained": ["init"],
        "outputdir": ["output"], "outdir": ["output"], "savedir": ["output"], "logdir": ["output"],
        // Training.
        "batchsize": ["batch"], "minibatch": ["batch"], "minibatchsize": ["batch"], "bs": ["batch"],
        "numepochs": ["epochs"], "nepochs": ["epochs"], "maxepochs": ["epochs"], "epoch": ["epochs"],
        "accumulategradbatches": ["accumulate"], "gradientaccumulation": ["accumulate"],
        "gradientaccumulationsteps": ["accumulate"], "accumulationsteps": ["accumulate"],
        "gradclip": ["clip"], "gradientclip": ["clip"], "gradientclipval": ["clip"], "clipnorm": ["clip"],
        "clipvalue": ["clip"], "gradclipnorm": ["clip"], "maxgradnorm": ["clip"],
        "gradientclipping": ["clip"],
        "randomseed": ["seed"], "manualseed": ["seed"], "randomstate": ["seed"],
        "numworkers": ["workers"], "threads": ["workers"], "numthreads": ["workers"],
        "patience": ["early_stopping"], "monitor": ["watch"],
        // Optimizers and schedules.
        "learningrate": ["lr"], "baselr": ["lr"], "initlr": ["lr"], "eta": ["lr"],
        "decay": ["weight_decay"], "wd": ["weight_decay"], "epsilon": ["eps"],
        "beta1": ["betas"], "beta2": ["betas"], "rho": ["alpha"],
        "warmupepochs": ["warmup"], "numwarmupsteps": ["warmup_steps"],
        "minlr": ["eta_min"], "etamin": ["eta_min"], "lrmin": ["eta_min"],
        "steplr": ["step"], "multisteplr": ["multi_step"], "exponentiallr": ["exponential"],
        "cosineannealing": ["cosine"], "cosineannealinglr": ["cosine"], "cosinedecay": ["cosine"],
        "onecyclelr": ["one_cycle"], "cycliclr": ["cyclical"], "linearlr": ["linear"],
        "polynomiallr": ["polynomial"], "reducelronplateau": ["reduce_on_plateau"],
        "plateau": ["reduce_on_plateau", "on_plateau"],
        "constantlr": ["constant"],
        // Data.
        "validationsplit": ["validation"], "valsplit": ["validation"], "val": ["validation"],
        "valid": ["validation"], "dev": ["validation"], "valdata": ["validation"],
        "normalization": ["normalize"], "standardize": ["normalize"], "scaler": ["normalize"],
        "scaling": ["normalize"], "augmentation": ["augment"], "augmentations": ["augment"],
        "transform": ["augment"], "transforms": ["augment"],
        "x": ["features"], "inputs": ["features"], "images": ["features"],
        "y": ["labels", "label"], "target": ["labels", "label"], "targets": ["labels", "label"],
        "targetcolumn": ["label"], "labelcolumn": ["label"],
        "file": ["files", "features"], "path": ["files", "features"], "paths": ["files", "features"],
        "filename": ["files", "features"],
        "sep": ["delimiter"], "separator": ["delimiter"],
        "drop": ["ignore"], "dropcolumns": ["ignore"], "exclude": ["ignore"],
        "numclasses": ["classes"], "nclasses": ["classes"],
        // Augmentation.
        "randomcrop": ["crop"], "horizontalflip": ["flip"], "randomhorizontalflip": ["flip"],
        "randomflip": ["flip"], "randomrotation": ["rotation"], "rotate": ["rotation"],
        "randomerasing": ["erasing"], "cutout": ["erasing"], "translate": ["shift"],
        // Layers.
        "dense": ["linear"], "fc": ["linear"], "fullyconnected": ["linear"],
        "conv": ["conv2d"], "convolution": ["conv2d"], "convolution2d": ["conv2d"],
        "batchnorm1d": ["batch_norm"], "batchnorm2d": ["batch_norm"], "batchnormalization": ["batch_norm"],
        "bn": ["batch_norm"], "layernormalization": ["layer_norm"], "ln": ["layer_norm"],
        "groupnormalization": ["group_norm"], "instancenorm2d": ["instance_norm"],
        "instancenormalization": ["instance_norm"], "syncbatchnorm": ["batch_norm"],
        "maxpool": ["max_pool2d"], "maxpooling": ["max_pool2d"], "maxpooling2d": ["max_pool2d"],
        "avgpool": ["avg_pool2d"], "averagepool": ["avg_pool2d"], "avgpooling": ["avg_pool2d"],
        "averagepooling2d": ["avg_pool2d"],
        "adaptiveavgpool2d": ["global_avg_pool"], "globalaveragepooling2d": ["global_avg_pool"],
        "globalaveragepooling": ["global_avg_pool"], "globalavgpool2d": ["global_avg_pool"],
        "dropout1d": ["dropout"], "dropout2d": ["dropout"], "spatialdropout2d": ["dropout"],
        "view": ["flatten"], "reshape": ["flatten"], "lrelu": ["leaky_relu"], "skip": ["residual"],
        "shortcut": ["residual"],
        // Options of layers.
        "filters": ["out"], "units": ["out"], "channels": ["out"], "outputs": ["out"],
        "poolsize": ["kernel"], "size": ["kernel"], "pad": ["padding"], "usebias": ["bias"],
        "rate": ["p"], "prob": ["p"], "probability": ["p"],
        // Losses.
        "crossentropyloss": ["cross_entropy"], "categoricalcrossentropy": ["cross_entropy"],
        "sparsecategoricalcrossentropy": ["cross_entropy"], "ce": ["cross_entropy"], "nll": ["cross_entropy"],
        "nllloss": ["cross_entropy"], "softmaxcrossentropy": ["cross_entropy"],
        "bce": ["binary_cross_entropy"], "bceloss": ["binary_cross_entropy"],
        "bcewithlogits": ["binary_cross_entropy"], "bcewithlogitsloss": ["binary_cross_entropy"],
        "mseloss": ["mse"], "meansquarederror": ["mse"], "l2": ["mse", "weight_decay"], "l2loss": ["mse"],
        "mae": ["l1"], "l1loss": ["l1"], "meanabsoluteerror": ["l1"],
        "huberloss": ["huber"], "smoothl1loss": ["smooth_l1"], "hingeloss": ["hinge"],
    ]
}
