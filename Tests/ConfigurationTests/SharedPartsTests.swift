import Foundation
import Testing

@testable import Configuration

/// What people keep once and use several times: keys that begin with x-, anchors, merge keys; and tags and "~/".
@Suite struct SharedPartsTests {
    private let shared = """
        x-common: &common {batch: 24, shards: 4}
        x-more: &more
          seed: 5
          epochs: 3
        """ + "\n" + small

    @Test func mergedEntriesAreThoseThatAreNotOwn() throws {
        let run = try read(shared + "training:\n  epochs: 2\n  <<: [*common, *more]\n")
        #expect(run.settings.batch == 24 && run.settings.shards == 4)
        #expect(run.settings.seed == 5 && run.settings.epochs == 2)
        // Of several the first counts, and a merged mapping may have merged others itself.
        let chain = try read(
            """
            x-a: &a {batch: 1, seed: 1}
            x-b: &b {batch: 2, epochs: 2, <<: *a}
            \(small)training: {<<: [*b, *a]}
            """)
        #expect(chain.settings.batch == 2 && chain.settings.seed == 1 && chain.settings.epochs == 2)
        // In a layer, in a list, and as a whole section.
        let layers = try read(
            """
            x-conv: &conv {kernel: 3, padding: 1}
            x-sections: &sections {loss: mse}
            \(dataLine)model: [{conv2d: {<<: *conv, out: 8}}, relu, flatten, {linear: 10}]
            <<: *sections
            """)
        #expect(layers.loss == .meanSquaredError)
        #expect(
            layers.yaml.contains("conv2d: {out: 8, kernel: 3, stride: 1, padding: 1, groups: 1, bias: true}"))
        // A quoted key is a key like any other.
        #expect(failure(small + "\"<<\": {a: 1}").hasPrefix("config.yaml:3: <<: unknown key"))
    }

    @Test func theResolvedConfigurationHasNoneOfIt() throws {
        let run = try read(shared + "training: {x-note: [1, {a: b}], <<: *common}\n")
        #expect(!run.yaml.contains("x-") && !run.yaml.contains("<<") && !run.yaml.contains("*"))
        #expect(try read(run.yaml).yaml == run.yaml)
        #expect(run == (try read(small + "training: {batch: 24, shards: 4}")))
    }

    @Test func overridesReachMergedKeys() throws {
        let text = shared + "training: {<<: *common}\noptimizer: {<<: {name: sgd, lr: 0.5}, momentum: 0.9}\n"
        let run = try read(text, [try .set("training.batch=7"), try .set("optimizer.lr=0.25"), .seed(3)])
        #expect(run.settings.batch == 7 && run.settings.shards == 4 && run.settings.seed == 3)
        #expect(run.settings.optimizer.learningRate == 0.25)
        #expect(
            failure(text, [try .set("x-common.batch=7")]).hasPrefix(
                "--set x-common.batch=7: keys that begin with x- set nothing by themselves"))
    }

    @Test(arguments: [
        // Mistakes stand where they were written.
        (
            "x-a: &a\n  batchh: 24\n", "training: {<<: *a}",
            "config.yaml:2: training.batchh: unknown key; did you mean"
        ),
        (
            "x-a: &a\n  batch: x\n", "training: {<<: *a}",
            "config.yaml:2: training.batch: expected auto, or full, or a whole number"
        ),
        (
            "", "training:\n  <<: 3",
            "config.yaml:4: <<: expected keys with values, or a list of such, to merge, found 3"
        ),
        ("", "training: {<<: [{batch: 3}, x]}", "config.yaml:3: <<: expected keys with values"),
        ("", "training: {<<: }", "config.yaml:3: <<: expected keys with values"),
        (
            "x-a: &a {batch: 3}\n", "training:\n  <<: *a\n  <<: *a",
            "config.yaml:6: training.<<: duplicate key, first in line 5; merge several as <<: [*a, *b]"
        ),
        (
            "x-a: &a {batch: 3}\n", "training:\n  <<: *a\n  seed: 1\n  seed: 2",
            "config.yaml:7: training.seed: duplicate key"
        ),
        ("x-a: &a {<<: *a}\n", "training: *a", "config.yaml:1: the text is no YAML"),
        ("", "y-common: {batch: 3}", "config.yaml:3: y-common: unknown key"),
    ])
    func mistakes(before: String, line: String, message: String) {
        #expect(failure(before + small + line).hasPrefix(message))
    }

    @Test func mergesOfMergesStaySmall() {
        var bomb = "x-a0: &a0 {k0: v}\n"
        for place in 1...7 {
            bomb += "x-a\(place): &a\(place) [*a\(place - 1), *a\(place - 1)]\n"
        }
        #expect(failure(bomb + small + "<<: [*a7, *a7]").contains("<<: expected keys with values"))
        let wide =
            "x-a: &a [" + Array(repeating: "{a: 1}", count: 900).joined(separator: ", ") + "]\n"
            + small + "training: {" + (0..<15).map { "x-\($0): *a" }.joined(separator: ", ") + "}"
        #expect(failure(wide).contains("expected at most 10000 values, aliases expanded"))
    }

    @Test func tagsOfTheCoreSchema() throws {
        let run = try read(
            """
            data: !!map {train: {format: !!str npy, features: ! x.npy, labels: y.npy}}
            model: !!seq [flatten, {linear: !!int 10}]
            training: {batch: !!int "12", delayed: !!bool true, clip: {norm: !!float 2}, stall_timeout: !!float 1.5e+1}
            init: !!null
            """)
        #expect(run.settings.batch == 12 && run.settings.isDelayed && run.settings.clipping.maximumNorm == 2)
        for (line, message) in [
            ("training: {batch: !!int a}", "expected a whole number behind !!int, found \"a\""),
            ("training: {batch: !!int 1.5}", "expected a whole number behind !!int, found 1.5"),
            ("training: {batch: !!str 12}", "training.batch: expected a whole number, found the text \"12\""),
            ("optimizer: {name: sgd, lr: !!float x}", "expected a number behind !!float, found \"x\""),
            (
                "optimizer: {name: sgd, lr: !!float .nan}",
                "optimizer.lr: expected a number, found .nan; write a finite"
            ),
            (
                "training: {delayed: !!bool yes}",
                "expected true or false behind !!bool, found \"yes\"; write true"
            ),
            ("training: !!null 3", "expected nothing or null behind !!null, found 3"),
            (
                "training: !!seq {batch: 3}",
                "expected a value without a tag, or with one that fits it, found the tag \"!!seq\""
            ),
            (
                "training: !!set {batch}",
                "expected a value without a tag, or with one that fits it, found the tag \"!!set\""
            ),
            (
                "training: !env X",
                "expected a value without a tag, or with one that fits it, found the tag \"!env\""
            ),
        ] {
            #expect(failure(small + line).hasPrefix("config.yaml:3: \(message)"))
        }
    }

    @Test func pathsInTheHomeFolder() throws {
        let own = ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory()
        let run = try read(
            """
            data: {root: ~/sets, train: {format: npy, features: x.npy, labels: [~/y.npy, z.npy]}}
            model: [flatten, linear: 10]
            init: {weights: ~/start.safetensors}
            output: ~/runs/a
            """)
        #expect(run.settings.data.training.featureNames == ["\(own)/sets/x.npy".replacing("//", with: "/")])
        #expect(run.settings.data.training.labelNames[0] == "\(own)/y.npy".replacing("//", with: "/"))
        #expect(run.settings.initialWeights?.hasSuffix("/start.safetensors") == true)
        #expect(run.settings.initialWeights?.contains("~") == false && run.output == "\(own)/runs/a")
        #expect(try read(small, [.set("output=~/b")]).output == "\(own)/b")
        // Only in front.
        #expect(try read(small + "output: a/~/b").output == "a/~/b")
    }

    @Test func variablesAreNotReplaced() throws {
        for (line, key, value) in [
            ("output: ${HOME}/runs", "output", "${HOME}/runs"),
            ("output: $SCRATCH/runs", "output", "$SCRATCH/runs"),
            ("init: {weights: \"${W}\"}", "init.weights", "${W}"),
            ("training: {batch: $BATCH}", "training.batch", "$BATCH"),
        ] {
            let text = failure(small + line)
            #expect(text.hasPrefix("config.yaml:3: \(key): expected "), "\(text)")
            #expect(
                text.hasSuffix(
                    "variables are not replaced: write the value itself, or give it with --set \"\(key)=\(value)\""
                ), "\(text)")
        }
        #expect(try read(small + "output: price$5").output == "price$5")
    }

    @Test func oneNumberIsWanted() {
        for (line, message) in [
            (
                "training: {batch: [3]}",
                "training.batch: expected a whole number, found a list; write 3, without brackets"
            ),
            (
                "training: {batch: [3, 4]}",
                "training.batch: expected a whole number, found a list; it takes one number, not [3, 4]"
            ),
            (
                "training: {batch: {a: 3}}",
                "training.batch: expected a whole number, found keys with values; it takes one number, not {a: 3}"
            ),
            (
                "training: {clip: {norm: [[1, 2]]}}",
                "training.clip.norm: expected a number, found a list; it takes one number, not [[1, 2]]"
            ),
        ] {
            #expect(failure(small + line) == "config.yaml:3: \(message)")
        }
        for (layer, message) in [
            (
                "max_pool2d: {kernel: 2, padding: [2, 2]}",
                "max_pool2d.padding: must be at most half of the kernel, which is [2, 2], is [2, 2]"
            ),
            (
                "conv2d: {out: 3, kernel: same}",
                "conv2d.kernel: expected a whole number, or [height, width], found \"same\""
            ),
            (
                "conv2d: {out: 3, kernel: {h: 3}}",
                "conv2d.kernel: expected a whole number, or [height, width], found keys with values; it takes one number, not {h: 3}"
            ),
        ] {
            #expect(failure(dataLine + "model: [{\(layer)}]").hasPrefix("config.yaml:2: model.0.\(message)"))
        }
    }
}
