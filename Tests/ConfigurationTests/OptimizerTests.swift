import Optimizers
import Options
import Testing
import Training

@testable import Configuration

/// Optimizers by name, what all of them take, and clipping.
@Suite struct OptimizerTests {
    @Test(arguments: OptimizerConfiguration.names.filter { $0 != NewtonCG.name })
    func everyNameRoundTrips(_ name: String) throws {
        // The one that compares signs of gradients takes whole training sets alone.
        let batch = name == DeltaBarDelta.name ? "training: {batch: full}\n" : ""
        let run = try read(small + batch + "optimizer: {name: \(name), lr: 0.25, lookahead: {k: 3}}")
        #expect(run.settings.optimizer.rule.name == name)
        #expect(run.settings.optimizer.learningRate == 0.25)
        #expect(run.settings.optimizer.rule.stateNames.last == "slow")
        #expect(try read(run.yaml) == run)
        let short = try read(small + batch + "optimizer: \(name)")
        #expect(short != run)
        #expect(try read(short.yaml) == short)
    }

    /// The one without a learning rate.
    @Test func newtonRoundTrips() throws {
        let run = try read(small + "optimizer: {name: newton_cg, radius: 0.25, negative_curvature: ignore}")
        #expect(
            try run.settings.optimizer.rule as? NewtonCG
                == NewtonCG(radius: 0.25, negativeCurvature: .ignore))
        #expect(try read(run.yaml) == run)
        let short = try read(small + "optimizer: newton_cg")
        #expect(short != run)
        #expect(try read(short.yaml) == short)
        #expect(try short.settings.optimizer.rule as? NewtonCG == NewtonCG())
    }

    @Test func optionsArrive() throws {
        func rule(_ text: String) throws -> any UpdateRule {
            try read(small + "training: {batch: full}\noptimizer: \(text)").settings.optimizer.rule
        }
        #expect(
            try rule("{name: rmsprop, alpha: 0.9, eps: 1e-6, momentum: 0.5, centered: true, nesterov: true}")
                as? RMSprop
                == RMSprop(alpha: 0.9, epsilon: 1e-6, momentum: 0.5, centered: true, nesterov: true))
        #expect(
            try rule(
                "{name: adagrad, lr_decay: 0.1, initial_accumulator_value: 1, weight_decay: 0.2, eps: 1}")
                as? Adagrad
                == Adagrad(rateDecay: 0.1, epsilon: 1, initialAccumulator: 1, weightDecay: 0.2))
        #expect(
            try rule("{name: nadam, betas: [0.5, 0.6], momentum_decay: 0.1, decoupled_weight_decay: true}")
                as? NAdam
                == NAdam(betas: (0.5, 0.6), momentumDecay: 0.1, decoupledWeightDecay: true))
        #expect(try rule("{name: adagrad, mean: true}") as? Adagrad == Adagrad(mean: true))
        #expect(try rule("{name: rmsprop, first: gradient}") as? RMSprop == RMSprop(first: .gradient))
        #expect(try rule("{name: adamw, amsgrad: true}") as? AdamW == AdamW(amsgrad: true))
        #expect(
            try rule("{name: delta_bar_delta, kappa: 0.1, phi: 0.3, theta: 0.6}") as? DeltaBarDelta
                == DeltaBarDelta(kappa: 0.1, phi: 0.3, theta: 0.6))
        #expect(
            try rule("{name: lars, momentum: 0.8, trust_coefficient: 0.02, eps: 0, weight_decay: 1}") as? LARS
                == LARS(momentum: 0.8, trustCoefficient: 0.02, epsilon: 0, weightDecay: 1))
        #expect(
            try rule("{name: swats, tolerance: 1e-6, eps: 1e-8}") as? SWATS
                == SWATS(epsilon: 1e-8, tolerance: 1e-6))
    }

    @Test func lookahead() throws {
        func options(_ text: String) throws -> LookaheadOptions? {
            try read(small + "optimizer: {name: sgd, lookahead: \(text)}").settings.optimizer.lookahead
        }
        #expect(try options("{k: 7, alpha: 0.25}") == LookaheadOptions(k: 7, alpha: 0.25))
        #expect(try options("{}") == LookaheadOptions(k: 5, alpha: 0.5))
        #expect(try options("null") == nil)
        let run = try read(small + "optimizer: {name: sgd, lookahead: {k: 7}}")
        #expect(run.settings.optimizer.rule is Lookahead<SGD>)
        #expect(run != (try read(small + "optimizer: {name: sgd, lookahead: {k: 8}}")))
    }

    @Test func noDecay() throws {
        let run = try read(small + "optimizer: {name: adamw, no_decay: [norm, bias]}")
        #expect(run.settings.optimizer.noDecay == [.bias, .norm])
        #expect(try read(run.yaml) == run)
        #expect(run != (try read(small + "optimizer: adamw")))
        #expect(
            try read(small + "optimizer: {name: sgd, no_decay: []}").settings.optimizer.noDecay == [])
    }

    /// An option that a run from before it was added does not have counts as its default.
    @Test func essentials() throws {
        let table = SettingsTable()
        let key = try #require(table.keys.first { $0.path == "optimizer" })
        func essential(_ text: String, without names: [String] = []) throws -> OptionValue {
            let value = table.plainValue(of: key, in: try read(small + "optimizer: \(text)").settings)
            guard case .options(let options) = value else { return value }
            return key.form.essential(
                .options(options.filter { !names.contains($0.name) }), kinds: table.kinds)
        }
        #expect(try essential("adam") == .choice("adam", []))
        #expect(try essential("adam", without: ["amsgrad"]) == essential("adam"))
        #expect(
            try essential("{name: adam, amsgrad: true}") == .choice("adam", [NamedOption("amsgrad", true)]))
    }

    @Test func clipping() throws {
        func clipping(_ text: String) throws -> GradientClipping {
            let run = try read(small + "training: {clip: \(text)}")
            #expect(try read(run.yaml) == run)
            return run.settings.clipping
        }
        #expect(try clipping("{value: 0.5}") == GradientClipping(maximumValue: 0.5))
        #expect(try clipping("{norm: 0.5}") == GradientClipping(maximumNorm: 0.5))
        #expect(try clipping("2") == GradientClipping(maximumNorm: 2))
    }

    @Test(arguments: [
        ("optimizer: adamx", "optimizer: unknown optimizer \"adamx\"; did you mean \"adam\"?"),
        ("optimizer: rmsprob", "optimizer: unknown optimizer \"rmsprob\"; did you mean \"rmsprop\"?"),
        ("optimizer: {name: lamb, lr: -1}", "optimizer.lr: must be a finite number, at least 0, is -1"),
        (
            "optimizer: {name: nadam, betas: [0.9, 1]}",
            "optimizer.betas.1: must be at least 0 and below 1, is 1"
        ),
        (
            "optimizer: {name: lars, trust: 0.1}",
            "optimizer.trust: unknown option of lars; the options here are name, lr, momentum"
        ),
        (
            "optimizer: {name: adam, lookahed: {}}",
            "optimizer.lookahed: unknown option of adam; did you mean \"lookahead\"?"
        ),
        (
            "optimizer: {name: adam, lookahead: {k: 0}}",
            "optimizer.lookahead.k: must be a whole number from 1 to 1000000000, is 0"
        ),
        (
            "optimizer: {name: adam, lookahead: {alpha: 2}}",
            "optimizer.lookahead.alpha: must be above 0 and at most 1, is 2"
        ),
        (
            "optimizer: {name: adam, lookahead: {alfa: 1}}",
            "optimizer.lookahead.alfa: unknown key; did you mean \"alpha\"?"
        ),
        (
            "optimizer: {name: adam, lookahead: 5}",
            "optimizer.lookahead: expected options such as {k: 5, alpha: 0.5} (k, alpha), found 5"
        ),
        (
            "optimizer: {name: sgd, no_decay: [biases]}",
            "optimizer.no_decay.0: unknown kind of parameters \"biases\"; did you mean \"bias\"?"
        ),
        (
            "optimizer: {name: sgd, no_decay: bias}",
            "optimizer.no_decay: expected a list of parameter kinds (bias, norm), found \"bias\""
        ),
        (
            "optimizer: {name: delta_bar_delta, no_decay: [bias]}",
            "optimizer.no_decay: must be left out: delta_bar_delta has no weight decay, is [bias]"
        ),
        ("training: {clip: {value: 0}}", "training.clip.value: must be a finite number above 0, is 0"),
        (
            "training: {clip: {norm: 1, value: 1}}",
            "training.clip.value: must be left out beside norm: a gradient is clipped by one of the two, is 1"
        ),
        ("training: {clip: {valu: 1}}", "training.clip.valu: unknown key; did you mean \"value\"?"),
        ("training: {clip: {}}", "training.clip.norm: missing"),
    ])
    func errors(_ text: String, _ expected: String) {
        let message = failure(small + text)
        #expect(message.contains(expected), "\(message)")
    }
}
