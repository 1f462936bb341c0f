import Optimizers
import Testing

/// Values and names that are refused, and what the errors say.
@Suite struct ErrorTests {
    /// An optimizer's name and one bad option, with the error's sort and key.
    struct BadOption: Sendable, CustomTestStringConvertible {
        let name: String
        let option: String
        let value: OptionValue
        let kind: OptimizerError.Kind

        init(_ name: String, _ option: String, _ value: OptionValue, _ kind: OptimizerError.Kind) {
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
    ]

    @Test(arguments: optimizers)
    func optimizerRefuses(_ bad: BadOption) {
        let error = #expect(throws: OptimizerError.self) {
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
        let error = #expect(throws: OptimizerError.self) {
            try LearningRateSchedule(name: bad.name, options: [bad.option: bad.value], baseRate: 0.1)
        }
        #expect(error?.kind == bad.kind)
        #expect(error?.key == bad.option)
    }

    @Test func shapesMadeInCodeAreCheckedToo() {
        #expect(throws: OptimizerError.self) {
            try LearningRateSchedule(baseRate: 0.1, shape: .step(size: 0))
        }
        #expect(throws: OptimizerError.self) {
            try LearningRateSchedule(baseRate: 0.1, shape: .step(size: 2, gamma: 0))
        }
        #expect(throws: OptimizerError.self) { try LearningRateSchedule(baseRate: -0.1) }
        #expect(throws: OptimizerError.self) {
            try LearningRateSchedule(baseRate: 0.1, warmup: .steps(-1))
        }
    }

    @Test func aRequiredOptionIsMissed() {
        let error = #expect(throws: OptimizerError.self) {
            try LearningRateSchedule(name: "step", baseRate: 0.1)
        }
        #expect(error?.kind == .missingOption)
        #expect(error?.description == "step_size is missing; it must be a number")
    }

    @Test func twoWarmupsConflict() {
        let error = #expect(throws: OptimizerError.self) {
            try LearningRateSchedule(
                name: "constant", options: ["warmup": .number(1), "warmup_steps": .number(5)], baseRate: 0.1)
        }
        #expect(error?.kind == .conflict)
    }

    @Test func unknownNamesListTheKnown() {
        let optimizer = #expect(throws: OptimizerError.self) { try OptimizerConfiguration(name: "sdg") }
        #expect(optimizer?.kind == .unknownName)
        #expect(optimizer?.candidates == ["sgd", "adam", "adamw"])
        #expect(optimizer?.description == "'sdg' does not exist; name must be one of sgd, adam, adamw")
        let schedule = #expect(throws: OptimizerError.self) {
            try LearningRateSchedule(name: "cosin", baseRate: 0.1)
        }
        #expect(schedule?.candidates == LearningRateSchedule.names)
    }

    @Test func messagesSayKeyValueAndRange() {
        let momentum = #expect(throws: OptimizerError.self) { try SGD(momentum: -0.5) }
        #expect(momentum?.description == "momentum is -0.5; it must be at least 0 and at most 1")
        let betas = #expect(throws: OptimizerError.self) { try Adam(betas: (1, 0.999)) }
        #expect(
            betas?.description == "betas is [1, 0.999]; it must be two numbers, each at least 0 and below 1")
        let unknown = #expect(throws: OptimizerError.self) {
            try OptimizerConfiguration(name: "adam", options: ["b": .number(1), "a": .number(1)])
        }
        #expect(
            unknown?.description
                == "a is not an option here; it must be one of lr, betas, eps, weight_decay")
        let norm = #expect(throws: OptimizerError.self) { try GradientClipping(maximumNorm: 0) }
        #expect(norm?.description == "max_norm is 0; it must be a finite number above 0")
    }

    @Test func nesterovNeedsMomentumWithoutDampening() throws {
        #expect(throws: OptimizerError.self) { try SGD(nesterov: true) }
        #expect(throws: OptimizerError.self) { try SGD(momentum: 0.9, dampening: 0.1, nesterov: true) }
        #expect(try SGD(momentum: 0.9, nesterov: true).nesterov)
    }
}
