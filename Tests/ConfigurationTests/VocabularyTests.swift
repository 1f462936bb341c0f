import Graph
import Layers
import Optimizers
import Options
import Testing
import Training

@testable import Configuration

/// What may be picked by name: that all of it is described, and that a program's own is as good as what there is.
@Suite struct VocabularyTests {
    private static let standard = Vocabulary.standard

    /// Every list.
    private static let lists = [
        standard.layers.form, standard.models.form, standard.losses.form, standard.initializers.form,
        standard.normalizations.form, standard.augmentations.form, standard.formats.form,
        standard.optimizers.form, standard.schedules.form,
    ]

    @Test(arguments: lists.indices)
    func everyOptionIsDescribed(place: Int) {
        let form = Self.lists[place]
        #expect(!form.names.isEmpty && Set(form.names).count == form.names.count)
        for entry in form.entries {
            let name = "\(form.noun) \(entry.name)"
            #expect(isName(entry.name), "\(name)")
            #expect(isSentence(entry.summary), "\(name): \(entry.summary)")
            #expect(isSource(entry.source), "\(name): \(entry.source)")
            #expect(
                entry.short.map { short in entry.options.contains { $0.name == short } } ?? true, "\(name)")
            check(entry.options, of: name)
        }
    }

    /// Options, and those that values of them have.
    private func check(_ options: [OptionDeclaration], of name: String) {
        let names = options.flatMap(\.names)
        #expect(Set(names).count == names.count, "\(name)")
        for option in options {
            let place = "\(name), \(option.name)"
            #expect(option.names.allSatisfy(isName), "\(place)")
            #expect(isSentence(option.summary), "\(place): \(option.summary)")
            #expect(!option.form.phrase.isEmpty, "\(place)")
            checkParts(of: option.form, place)
            guard let standard = option.standard, standard != .none else { continue }
            #expect(option.form.isSort(of: standard), "\(place)")
            #expect(throws: Never.self, "\(place)") { try option.form.check(standard, key: option.name) }
        }
    }

    private func checkParts(of form: OptionForm, _ place: String) {
        switch form {
        case .options(let declared, _, _): check(declared, of: place)
        case .list(let element, _, _), .wordOr(_, let element): checkParts(of: element, place)
        case .either(let forms, _): for form in forms { checkParts(of: form, place) }
        default: break
        }
    }

    /// The options inside of keys that are no choices.
    @Test func everyOptionOfAKeyIsDescribed() {
        for key in SettingsTable().keys { checkParts(of: key.form, key.path) }
    }

    /// A section that is no key itself says what it is about beside the keys.
    @Test func everySectionIsDescribed() {
        let table = SettingsTable()
        let withKey = table.keys.filter(\.name.isEmpty).map(\.section)
        let others = table.sections.filter { !withKey.contains($0) }
        #expect(Set(others) == Set(SettingsTable.sectionSummaries.keys))
        for (name, summary) in SettingsTable.sectionSummaries { #expect(isSentence(summary), "\(name)") }
    }

    @Test func sourcesAreNamed() {
        // Update rules are all of somebody; of schedules the constant one alone is nobody's.
        let rules = Self.standard.optimizers.form.entries
        #expect(rules.allSatisfy { !$0.source.isEmpty })
        let shapes = Self.standard.schedules.form.entries
        #expect(shapes.filter(\.source.isEmpty).map(\.name) == ["constant"])
        for key in SettingsTable().keys { #expect(isSource(key.source), "\(key.path)") }
    }

    /// The table of methods has a row for every key and every choice.
    @Test func theTableOfMethodsIsWhole() {
        let lines = MethodsTable().lines
        func rows(_ name: String) -> Int {
            lines.count { $0.hasPrefix("| `\(name)` |") || $0.hasPrefix("| **`\(name)`** |") }
        }
        for key in SettingsTable().keys {
            #expect(rows(key.name.isEmpty ? key.section : key.name) >= 1, "\(key.path)")
        }
        for form in Self.lists {
            for entry in form.entries {
                let isThere = lines.contains {
                    $0.hasPrefix("| `\(entry.name)` |") || $0.contains(": \(entry.name)` |")
                }
                #expect(isThere, "\(form.noun) \(entry.name)")
            }
        }
        #expect(lines.allSatisfy { $0.replacing("\\|", with: "").count { $0 == "|" } == 5 })
        let sgd =
            "| `sgd` | gradient descent, with momentum as PyTorch has it | momentum 0, dampening 0, weight_decay 0, "
            + "nesterov false; lr 1e-3 | Polyak 1964, Nesterov 1983 |"
        #expect(lines.contains(sgd))
        #expect(
            lines.contains(
                "| `clip` | clipping of the gradient, by its norm over all parameters or element by "
                    + "element | off; {norm, value} or norm | Pascanu et al. 2013 |"))
    }

    /// Names and years, or whose interface or format it is; not a sentence.
    private func isSource(_ text: String) -> Bool {
        !text.hasSuffix(".") && !text.contains { $0.isNewline || $0 == "|" }
            && text.first?.isWhitespace != true
    }

    private func isName(_ word: String) -> Bool { word.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil }

    /// A vocabulary with a layer, an update rule and a loss of its own.
    private static let own: Vocabulary = {
        var vocabulary = Vocabulary.standard
        vocabulary.layers.add(
            NamedChoice(
                "tanhs", "tanh, several times.",
                [
                    .required("count", .whole(1...9), alias: "times", "How often it is applied."),
                    .optional(
                        "then", .kind(LayerParts.layerKind, "a layer"), default: "relu", "What comes behind."),
                ], short: "count"
            ) { options throws(OptionError) in
                LayerMaker(parts: { parts throws(OptionError) in
                    let last: any Layer
                    do throws(OptionError) { last = try parts.layer(options.value("then")) } catch {
                        throw error.inside("then")
                    }
                    return Sequential(Array(repeating: Tanh(), count: options.whole("count")) + [last])
                })
            })
        vocabulary.optimizers.add(
            NamedChoice(
                "heavy_ball", "Gradient descent with momentum.",
                [
                    .optional("lr", .number(.notNegative), default: 0.5, "The learning rate."),
                    .required("mu", .number(.unitInterval), "The momentum."),
                ]
            ) { options throws(OptionError) in try SGD(momentum: options.number("mu")) })
        vocabulary.losses.add(
            NamedChoice(
                QuarticLoss.name, "The mean of scale · (prediction − target)⁴.",
                [.optional("scale", .whole(1...10), default: 1, "The factor.")]
            ) { Loss(QuarticLoss(scale: $0.whole("scale"))) })
        return vocabulary
    }()

    private func read(_ yaml: String) throws(ConfigurationError) -> RunConfiguration {
        try RunConfiguration(
            yaml: yaml, source: .file("config.yaml"), currentFolder: home, vocabulary: Self.own)
    }

    private static let text =
        dataLine + """
            model: [flatten, {tanhs: {times: 2, then: {linear: 3}}}, {residual: {body: [{tanhs: 1}]}}]
            loss: {name: quartic, scale: 2}
            optimizer: {name: heavy_ball, mu: 0.75}
            """

    @Test func aProgramsOwnChoicesAreReadAndWritten() throws {
        let run = try read(Self.text)
        #expect(run.loss == Loss(QuarticLoss(scale: 2)))
        #expect(run.settings.optimizer.rule as? SGD == (try SGD(momentum: 0.75)))
        #expect(run.settings.optimizer.learningRate == 0.5)
        let model = try TracedModel(
            run.makeModel(classes: nil), exampleShape: [4], target: .values([3]), loss: run.loss)
        #expect(model.outputShape == [3] && model.variables.count == 2)
        #expect(
            run.layerLines.contains("tanhs: {count: 2, then: {linear: {out: 3, bias: true}}}"), "\(run.yaml)")
        #expect(run.line("loss") == "{name: quartic, scale: 2}")
        #expect(run.line("optimizer") == "{name: heavy_ball, lr: 0.5, mu: 0.75, sharded: false}")
        let again = try read(run.yaml)
        #expect(again == run && again.yaml == run.yaml && again.loss == run.loss)
        // Control: without the vocabulary nothing of it is known.
        #expect(failure(run.yaml).contains("unknown layer \"tanhs\""))
    }

    @Test(arguments: [
        (
            "{times: 2, then: {linear: 3}}", "10",
            "2: model.1.tanhs: must be a whole number from 1 to 9, is 10"
        ),
        ("times: 2", "times: 0", "2: model.1.tanhs.times: must be a whole number from 1 to 9, is 0"),
        (
            "times: 2, ", "",
            "2: model.1.tanhs.count: missing; it must be a whole number from 1 to 9: how often it is applied"
        ),
        ("times: 2", "time: 2", "2: model.1.tanhs.time: unknown option; did you mean \"times\"?"),
        (
            "{linear: 3}", "{linear: 0}",
            "2: model.1.tanhs.then.linear: must be a whole number from 1 to 1000000, is 0"
        ),
        (
            "then: {linear: 3}", "then: rleu",
            "2: model.1.tanhs.then: unknown layer \"rleu\"; did you mean \"relu\"?"
        ),
        (
            "then: {linear: 3}", "then: {conv2d: {out: 3, kernel: 1, groups: 2}}",
            "2: model.1.tanhs.then.conv2d.groups: must be a divisor of out, which is 3, is 2"
        ),
        (
            "tanhs: 1", "tahns: 1",
            "2: model.2.residual.body.0: unknown layer \"tahns\"; did you mean \"tanhs\"?"
        ),
        (
            "name: quartic", "name: quartik",
            "3: loss.name: unknown loss \"quartik\"; did you mean \"quartic\"?"
        ),
        ("scale: 2", "scale: 11", "3: loss.scale: must be a whole number from 1 to 10, is 11"),
        ("scale: 2", "skale: 2", "3: loss.skale: unknown option of quartic; did you mean \"scale\"?"),
        (", mu: 0.75", "", "4: optimizer.mu: missing; it must be a number: the momentum"),
        ("mu: 0.75", "mu: 2", "4: optimizer.mu: must be at least 0 and at most 1, is 2"),
        (
            "heavy_ball", "heavy_bal",
            "4: optimizer.name: unknown optimizer \"heavy_bal\"; did you mean \"heavy_ball\"?"
        ),
    ])
    func mistakesInThemAreFoundWhereTheyAre(part: String, change: String, message: String) {
        #expect(Self.text.contains(part))
        let error = #expect(throws: ConfigurationError.self) {
            try read(Self.text.replacing(part, with: change, maxReplacements: 1))
        }
        #expect(error?.description.hasPrefix("config.yaml:\(message)") == true, "\(error?.description ?? "")")
    }
}

/// The mean of scale · (prediction − target)⁴ over an example's elements.
private struct QuarticLoss: LossFunction {
    static let name = "quartic"
    let scale: Int

    var options: [NamedOption] { [NamedOption("scale", .whole(scale))] }
    var comparesNumbers: Bool { true }

    func check(output: [Int], target: TargetKind) throws(ModelError) {}

    func perExample(_ prediction: Tensor, _ target: Tensor) -> Tensor {
        let square = (prediction - target) * (prediction - target)
        let fourth = (square * square).flattened().mean([1]).reshaped(to: [prediction.shape[0]])
        return (1..<scale).reduce(fourth) { sum, _ in sum + fourth }
    }
}
