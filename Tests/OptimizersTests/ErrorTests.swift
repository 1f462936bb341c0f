import Optimizers
import Options
import Testing

/// Values and names that are refused, and what the errors say.
@Suite struct ErrorTests {
    /// An optimizer's name and one bad option, with the error's sort and key.
    struct BadOption: Sendable, CustomTestStringConvertible {
        let name: String
        let option: String
        let value: OptionValue
        let kind: OptionError.Kind

        init(_ name: String, _ option: String, _ value: OptionValue, _ kind: OptionError.Kind) {
            (self.name, self.option, self.value, self.kind) = (name, option, value, kind)
        }

        var testDescription: String { "\(name) \(option): \(value)" }
    }

    private static let optimizers: [BadOption] = [
        BadOption("sgd", "lr", .number(-0.1), .outOfRange),
        BadOption("sgd", "lr", .number(.nan), .outOfRange),
        BadOption("sgd", "lr", .number(1e39), .outOfRange),
        BadOption("sgd", "lr", .text("fast"), .wrongType),
        BadOption("sgd", "momentum", .number(-0.1), .outOfRange),
        BadOption("sgd", "momentum", .number(9), .outOfRange),
        BadOption("sgd", "dampening", .number(1.5), .outOfRange),
        BadOption("sgd", "weight_decay", .number(-1e-9), .outOfRange),
        BadOption("sgd", "weight_decay", .number(.infinity), .outOfRange),
        BadOption("sgd", "nesterov", .number(1), .wrongType),
        BadOption("sgd", "nesterov", .flag(true), .conflict),
        BadOption("sgd", "momentun", .number(0.9), .unknownOption),
        BadOption("adam", "betas", .numbers([0.9, 1]), .outOfRange),
        BadOption("adam", "betas", .numbers([-0.1, 0.9]), .outOfRange),
        BadOption("adam", "betas", .numbers([.nan, 0.9]), .outOfRange),
        BadOption("adam", "betas", .numbers([0.9, 0.999_999_999]), .outOfRange),
        BadOption("adam", "betas", .numbers([0.9]), .wrongType),
        BadOption("adam", "betas", .number(0.9), .wrongType),
        BadOption("adam", "eps", .number(-1e-8), .outOfRange),
        BadOption("adamw", "weight_decay", .number(-0.1), .outOfRange),
        BadOption("adamw", "momentum", .number(0.9), .unknownOption),
        BadOption("adam", "amsgrad", .number(1), .wrongType),
        BadOption("amsgrad", "amsgrad", .flag(true), .unknownOption),
        BadOption("amsgrad", "betas", .numbers([1, 0.9]), .outOfRange),
        BadOption("delta_bar_delta", "kappa", .number(-1), .outOfRange),
        BadOption("delta_bar_delta", "phi", .number(1), .outOfRange),
        BadOption("delta_bar_delta", "phi", .number(0), .outOfRange),
        BadOption("delta_bar_delta", "theta", .number(1), .outOfRange),
        BadOption("delta_bar_delta", "weight_decay", .number(0.1), .unknownOption),
        BadOption("adagrad", "lr", .number(-1), .outOfRange),
        BadOption("adagrad", "lr_decay", .number(-1), .outOfRange),
        BadOption("adagrad", "eps", .number(.nan), .outOfRange),
        BadOption("adagrad", "initial_accumulator_value", .number(-0.1), .outOfRange),
        BadOption("rmsprop", "alpha", .number(1), .outOfRange),
        BadOption("rmsprop", "momentum", .number(1.1), .outOfRange),
        BadOption("rmsprop", "centered", .text("yes"), .wrongType),
        BadOption("rmsprop", "nesterov", .flag(true), .conflict),
        BadOption("adadelta", "rho", .number(1), .outOfRange),
        BadOption("adadelta", "rho", .number(-0.1), .outOfRange),
        BadOption("nadam", "momentum_decay", .number(-1), .outOfRange),
        BadOption("nadam", "betas", .numbers([0.9, 1.5]), .outOfRange),
        BadOption("radam", "weight_decay", .number(-1), .outOfRange),
        BadOption("adamax", "eps", .number(-1), .outOfRange),
        BadOption("lars", "trust_coefficient", .number(0), .outOfRange),
        BadOption("lars", "momentum", .number(2), .outOfRange),
        BadOption("lars", "betas", .numbers([0.9, 0.9]), .unknownOption),
        BadOption("lamb", "betas", .numbers([0.9, 1]), .outOfRange),
        BadOption("lamb", "weight_decay", .number(.nan), .outOfRange),
        BadOption("swats", "tolerance", .number(0), .outOfRange),
        BadOption("swats", "eps", .number(-1e-9), .outOfRange),
    ]

    @Test(arguments: optimizers)
    func optimizerRefuses(_ bad: BadOption) {
        let error = #expect(throws: OptionError.self) {
            try OptimizerConfiguration(name: bad.name, options: [bad.option: bad.value])
        }
        #expect(error?.kind == bad.kind)
        #expect(error?.key == bad.option)
        #expect(error?.value == bad.value.description)
    }

    private static let schedules: [BadOption] = [
        BadOption("cosine", "eta_min", .number(-0.1), .outOfRange),
        BadOption("cosine", "eta_min", .number(0.2), .conflict),
        BadOption("step", "step_size", .number(0), .outOfRange),
        BadOption("step", "step_size", .number(1.5), .outOfRange),
        BadOption("step", "step_size", .number(1e300), .outOfRange),
        BadOption("constant", "warmup", .number(-1), .outOfRange),
        BadOption("constant", "warmup", .number(.nan), .outOfRange),
        BadOption("constant", "warmup_steps", .number(2.5), .outOfRange),
        BadOption("constant", "warmup_steps", .number(-1), .outOfRange),
        BadOption("constant", "by", .text("batch"), .outOfRange),
        BadOption("constant", "by", .number(1), .wrongType),
        BadOption("constant", "gamma", .number(0.1), .unknownOption),
    ]

    @Test(arguments: schedules)
    func scheduleRefuses(_ bad: BadOption) {
        let error = #expect(throws: OptionError.self) {
            try LearningRateSchedule(name: bad.name, options: [bad.option: bad.value], baseRate: 0.1)
        }
        #expect(error?.kind == bad.kind)
        #expect(error?.key == bad.option)
    }

    @Test func shapesMadeInCodeAreCheckedToo() {
        #expect(throws: OptionError.self) {
            try LearningRateSchedule(baseRate: 0.1, shape: .step(size: 0))
        }
        #expect(throws: OptionError.self) {
            try LearningRateSchedule(baseRate: 0.1, shape: .step(size: 2, gamma: 0))
        }
        #expect(throws: OptionError.self) { try LearningRateSchedule(baseRate: -0.1) }
        #expect(throws: OptionError.self) {
            try LearningRateSchedule(baseRate: 0.1, warmup: .steps(-1))
        }
    }

    @Test func aRequiredOptionIsMissed() {
        let error = #expect(throws: OptionError.self) {
            try LearningRateSchedule(name: "step", baseRate: 0.1)
        }
        #expect(error?.kind == .missingOption)
        #expect(
            error?.description
                == "step_size is missing; it must be a whole number, at least 1: the epochs between two falls"
        )
    }

    @Test func twoWarmupsConflict() {
        let error = #expect(throws: OptionError.self) {
            try LearningRateSchedule(
                name: "constant", options: ["warmup": .number(1), "warmup_steps": .number(5)], baseRate: 0.1)
        }
        #expect(error?.kind == .conflict)
    }

    @Test func unknownNamesListTheKnown() {
        let optimizer = #expect(throws: OptionError.self) { try OptimizerConfiguration(name: "sdg") }
        #expect(optimizer?.kind == .unknownName)
        let names = [
            "sgd", "delta_bar_delta", "adagrad", "rmsprop", "adadelta", "adam", "amsgrad", "nadam", "radam",
            "adamw", "adamax", "lars", "lamb", "swats", "newton_cg",
        ]
        #expect(optimizer?.candidates == names)
        #expect(
            optimizer?.description
                == "'sdg' does not exist; name must be one of \(names.joined(separator: ", "))")
        let schedule = #expect(throws: OptionError.self) {
            try LearningRateSchedule(name: "cosin", baseRate: 0.1)
        }
        #expect(schedule?.candidates == LearningRateSchedule.names)
    }

    @Test func messagesSayKeyValueAndRange() {
        let momentum = #expect(throws: OptionError.self) { try SGD(momentum: -0.5) }
        #expect(momentum?.description == "momentum is -0.5; it must be at least 0 and at most 1")
        let betas = #expect(throws: OptionError.self) { try Adam(betas: (1, 0.999)) }
        #expect(
            betas?.description == "betas is [1, 0.999]; it must be two numbers, each at least 0 and below 1")
        let unknown = #expect(throws: OptionError.self) {
            try OptimizerConfiguration(name: "adam", options: ["b": .number(1), "a": .number(1)])
        }
        #expect(
            unknown?.description
                == "a is not an option here; it must be one of lr, betas, eps, weight_decay, amsgrad")
        let norm = #expect(throws: OptionError.self) { try GradientClipping(maximumNorm: 0) }
        #expect(norm?.description == "max_norm is 0; it must be a finite number above 0")
    }

    @Test func lookaheadIsChecked() {
        for k in [0, -1] {
            let error = #expect(throws: OptionError.self) { try LookaheadOptions(k: k) }
            #expect(error?.key == "k")
        }
        for alpha in [0, -0.5, 1.5, .nan] {
            let error = #expect(throws: OptionError.self) { try LookaheadOptions(alpha: alpha) }
            #expect(error?.key == "alpha")
        }
    }

    @Test func onlyDecayCanBeLeftOut() throws {
        let error = #expect(throws: OptionError.self) {
            try OptimizerConfiguration(name: "delta_bar_delta", noDecay: [.norm, .bias])
        }
        #expect(error?.kind == .conflict)
        #expect(
            error?.description
                == "no_decay is [bias, norm]; it must be left out: delta_bar_delta has no weight decay")
        let optimizer = try OptimizerConfiguration(name: "sgd", noDecay: [.norm, .bias, .norm])
        #expect(optimizer.noDecay == [.bias, .norm])
    }

    @Test func nesterovNeedsMomentumWithoutDampening() throws {
        #expect(throws: OptionError.self) { try SGD(nesterov: true) }
        #expect(throws: OptionError.self) { try SGD(momentum: 0.9, dampening: 0.1, nesterov: true) }
        #expect(try SGD(momentum: 0.9, nesterov: true).nesterov)
    }
}
