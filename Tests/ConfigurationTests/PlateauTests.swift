import Testing

@testable import Configuration

/// What is done when the training loss no longer falls, and how its curvature is logged.
@Suite struct PlateauTests {
    @Test(arguments: [
        ("escape", 3, 1e-4), ("{action: escape}", 3, 1e-4), ("{patience: 5}", 5, 1e-4), ("{}", 3, 1e-4),
        ("{action: escape, patience: 1, min_delta: 0.01}", 1, 0.01), ("{min_change: 0}", 3, 0),
    ])
    func readsTheRule(_ value: String, _ patience: Int, _ minimumChange: Double) throws {
        let run = try read(small + "training: {on_plateau: \(value)}\n")
        let rule = try #require(run.settings.onPlateau)
        #expect(rule.patience == patience && rule.minimumChange == minimumChange)
        #expect(run.yaml.contains("  on_plateau: {action: escape, patience: \(patience), min_delta: "))
        let again = try RunConfiguration(
            yaml: run.yaml, source: .file("/else/where.yaml"), currentFolder: "/")
        #expect(again == run && again.yaml == run.yaml)
    }

    /// Without the keys a run's configuration is what it was before there were any.
    @Test(arguments: ["", "training: {on_plateau: null}\nlogging: {curvature: 0}\n"])
    func offUnlessGiven(_ text: String) throws {
        let run = try read(small + text)
        #expect(run.settings.onPlateau == nil && run.settings.curvatureSteps == nil)
        #expect(!run.yaml.contains("on_plateau") && !run.yaml.contains("curvature"))
    }

    @Test func curvature() throws {
        let run = try read(small + "logging: {curvature: 20}\n")
        #expect(run.settings.curvatureSteps == 20 && run.settings.loggingSteps == 10)
        #expect(
            run.yaml.contains(
                "predictions: true, curvature: 20, tensorboard: true, csv: false}"))
        let again = try RunConfiguration(
            yaml: run.yaml, source: .file("/else/where.yaml"), currentFolder: "/")
        #expect(again == run)
    }

    @Test(arguments: [
        (
            "training: {on_plateau: reduce}",
            "training.on_plateau: unknown action \"reduce\"; the names here are escape"
        ),
        (
            "training: {on_plateau: {action: escpae}}",
            "training.on_plateau.action: unknown action \"escpae\"; did you mean \"escape\"?"
        ),
        ("training: {on_plateau: {patience: 0}}", "training.on_plateau.patience: must be a whole number"),
        ("training: {on_plateau: {min_delta: 1}}", "training.on_plateau.min_delta: must be a number from 0"),
        (
            "training: {on_plateau: {min_delta: -0.1}}",
            "training.on_plateau.min_delta: must be a number from 0"
        ),
        (
            "training: {on_plateau: {min_delta: 0, min_change: 0}}",
            "training.on_plateau.min_change: duplicate key: min_delta means the same"
        ),
        (
            "training: {on_plateau: {paitence: 2}}",
            "training.on_plateau.paitence: unknown key; did you mean \"patience\"?"
        ),
        ("training: {on_plateau: [escape]}", "training.on_plateau: expected"),
        (
            "training: {online: true, on_plateau: escape}",
            "training.on_plateau: must be left out beside online: true"
        ),
        ("training: {on_platau: escape}", "training.on_platau: unknown key; did you mean \"on_plateau\"?"),
        ("training: {plateau: escape}", "training.plateau: unknown key; did you mean \"on_plateau\"?"),
        ("on_plateau: escape", "on_plateau: unknown key; did you mean \"training.on_plateau\"?"),
        ("logging: {curvature: -1}", "logging.curvature: must be a whole number from 0"),
        ("logging: {curvature: true}", "logging.curvature: expected a whole number, found \"true\""),
        ("logging: {curvatur: 5}", "logging.curvatur: unknown key; did you mean \"curvature\"?"),
    ])
    func errors(_ text: String, _ message: String) {
        let error = failure(small + text + "\n")
        #expect(error.contains(message), "\(error)")
    }
}
