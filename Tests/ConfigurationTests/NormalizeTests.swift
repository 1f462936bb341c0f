import Datasets
import Testing
import Training

@testable import Configuration

/// The settings data.normalize, data.augment and data.shuffle.
@Suite struct NormalizeTests {
    private func data(_ line: String) throws -> TrainingSettings.Data {
        try read("model: mlp\ndata:\n  train: {format: npy, features: x, labels: y}\n  \(line)\n").settings
            .data
    }

    @Test(arguments: [
        ("none", Normalization.none), ("min_max", .minMax(low: 0, high: 1)), ("standardize", .standardize),
        ("whiten", .whiten(eps: 1e-5)), ("{name: min_max, range: [-1, 1]}", .minMax(low: -1, high: 1)),
        ("{name: whiten, eps: 0.01}", .whiten(eps: 0.01)), ("{name: standardize}", .standardize),
    ])
    func normalizations(text: String, expected: Normalization) throws {
        #expect(try data("normalize: \(text)").normalization == expected)
    }

    @Test(arguments: [
        ("flip", Augmentation.flip(probability: 0.5, vertical: false)),
        ("flip: 0.1", .flip(probability: 0.1, vertical: false)),
        ("flip: {vertical: true}", .flip(probability: 0.5, vertical: true)), ("crop: 4", .crop(padding: 4)),
        ("crop: {padding: 4}", .crop(padding: 4)), ("shift: {pixels: 2}", .shift(pixels: 2)),
        ("rotation: 12.5", .rotation(degrees: 12.5)),
        ("erasing", .erasing(probability: 0.5, scale: 0.02...0.33, ratio: 0.3...3.3)),
        (
            "erasing: {p: 1, scale: [0.1, 0.1], ratio: [1, 2]}",
            .erasing(probability: 1, scale: 0.1...0.1, ratio: 1...2)
        ),
    ])
    func augmentations(text: String, expected: Augmentation) throws {
        #expect(try data("augment: [\(text)]").augmentation == [expected])
    }

    @Test func orders() throws {
        #expect(try data("shuffle: once").shuffle == .once && data("shuffle: none").shuffle == .none)
        #expect(try data("normalize: none").shuffle == .epoch)
        #expect(try data("augment: []").augmentation == [] && data("augment: null").augmentation == [])
    }

    @Test(arguments: [
        ("normalize: whitten", "data.normalize: unknown normalization \"whitten\"; did you mean \"whiten\"?"),
        ("normalize: {name: standardize, eps: 1}", "data.normalize.eps: unknown option of standardize"),
        (
            "normalize: {name: min_max, range: [1, 1]}",
            "data.normalize.range: must be two numbers, the lower first, as [-1, 1], is [1, 1]"
        ),
        (
            "normalize: {name: min_max, range: [1]}",
            "data.normalize.range: expected two numbers, the lower first, as [-1, 1], found [1]"
        ),
        ("normalize: {range: [0, 1]}", "data.normalize.name: missing"),
        ("normalize: {name: whiten, eps: 0}", "data.normalize.eps: must be above 0 and at most 1, is 0"),
        ("augment: flip", "data.augment: expected a list of augmentations"),
        ("augment: [flop]", "data.augment.0: unknown augmentation \"flop\"; did you mean \"flip\"?"),
        (
            "augment: [flip, {corp: 4}]",
            "data.augment.1: unknown augmentation \"corp\"; did you mean \"crop\"?"
        ),
        (
            "augment: [crop]",
            "data.augment.0.crop.padding: missing; it must be a whole number from 1 to 65535: zeros on every side"
        ),
        (
            "augment: {flip: 0.5}",
            "data.augment: expected a list of augmentations, as [flip, {crop: 4}], found keys with values; put \"- \" in front of every augmentation"
        ),
        ("augment: [{crop: {}}]", "data.augment.0.crop.padding: missing"),
        ("augment: [{crop: 0}]", "data.augment.0.crop: must be a whole number from 1"),
        (
            "augment: [{crop: {pading: 4}}]",
            "data.augment.0.crop.pading: unknown option; did you mean \"padding\"?"
        ),
        ("augment: [{flip: 1.5}]", "data.augment.0.flip: must be at least 0 and at most 1, is 1.5"),
        ("augment: [{rotation: 181}]", "data.augment.0.rotation: must be above 0 and at most 180"),
        ("augment: [{erasing: {scale: [0.3, 0.1]}}]", "data.augment.0.erasing.scale: must be two numbers"),
        ("augment: [{erasing: {ratio: [0, 1]}}]", "data.augment.0.erasing.ratio.0: must be at least 0.001"),
        (
            "augment: [{flip: 1, crop: 2}]",
            "data.augment.0: expected the name of an augmentation, found the keys \"flip\", \"crop\""
        ),
        ("shuffle: never", "data.shuffle: unknown shuffle \"never\"; the names here are epoch, once, none"),
    ])
    func mistakes(line: String, says: String) {
        let found = failure("model: mlp\ndata:\n  train: {format: npy, features: x, labels: y}\n  \(line)\n")
        #expect(found.hasPrefix("config.yaml:4: \(says)") || found.contains(says), "\(found)")
    }

    @Test func overridesReachInside() throws {
        let run = try read(
            small,
            [
                .set("data.augment=[flip, {crop: 4}]"), .set("data.augment.1.crop.padding=2"),
                .set("data.normalize=whiten"),
            ])
        #expect(
            run.settings.data.augmentation == [.flip(), .crop(padding: 2)]
                && run.settings.data.normalization == .whiten())
    }
}
