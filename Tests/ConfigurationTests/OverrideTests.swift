import Layers
import Testing
import Training

@testable import Configuration

@Suite struct OverrideTests {
    private func changed(_ assignments: String..., in yaml: String = example) throws -> RunConfiguration {
        var overrides: [ConfigurationOverride] = []
        for assignment in assignments { overrides.append(try .set(assignment)) }
        return try read(yaml, overrides)
    }

    private func layer(_ index: Int, _ run: RunConfiguration) -> String? {
        run.layerLines.indices.contains(index) ? run.layerLines[index] : nil
    }

    @Test func keysAndListsAreReached() throws {
        #expect(try changed("training.batch=32").settings.batch == 32)
        #expect(try changed("training.batch=32", "training.batch=64").settings.batch == 64)
        #expect(try changed("training.clip.norm=2").settings.clipping.maximumNorm == 2)
        #expect(
            try changed("data.root=/d").settings.data.training.featureNames == [
                "/d/train-images-idx3-ubyte.gz"
            ])
        #expect(
            try changed("data.root=sub").settings.data.training.featureNames == [
                "/home/user/sub/train-images-idx3-ubyte.gz"
            ])
        #expect(try changed("data.test=null").settings.data.test == nil)
        #expect(try changed("data.validation.fraction=0.1").settings.data.validation == .fraction(0.1))
        #expect(
            try changed("model=resnet20").line("model")
                == "{name: resnet20, blocks: 3, width: 16, shortcut: true, sync: true}")
        #expect(try changed("optimizer={name: adam, lr: 0.1}").settings.optimizer.learningRate == 0.1)
        #expect(try changed("output=\"a=b\"").output == "a=b")
        #expect(
            layer(0, try changed("model.0.conv2d.out=16"))
                == "conv2d: {out: 16, kernel: 3, stride: 1, padding: 1, groups: 1, bias: false}")
        #expect(layer(2, try changed("model.2=gelu")) == "gelu")
        #expect(layer(5, try changed("model.5.linear=7")) == "linear: {out: 7, bias: true}")
    }

    @Test func shortFormsAreExpanded() throws {
        #expect(layer(5, try changed("model.5.linear.bias=false")) == "linear: {out: 128, bias: false}")
        #expect(
            layer(1, try changed("model.1.batch_norm.sync=false"))
                == "batch_norm: {sync: false, momentum: 0.1, eps: 1e-05}")
        #expect(
            layer(3, try changed("model.3.max_pool2d.stride=1"))
                == "max_pool2d: {kernel: 2, stride: 1, padding: 0}")
        let list = dataLine + "model: [max_pool2d: [2, 3], layer_norm: [4, 5], flatten, linear: 3]"
        #expect(
            layer(0, try changed("model.0.max_pool2d.stride=1", in: list))
                == "max_pool2d: {kernel: [2, 3], stride: 1, padding: 0}")
        #expect(
            layer(1, try changed("model.1.layer_norm.bias=false", in: list))
                == "layer_norm: {normalized_shape: [4, 5], eps: 1e-05, elementwise_affine: true, bias: false}"
        )
        let short = small + "optimizer: sgd\nschedule: cosine\ntraining:\n"
        #expect(try changed("optimizer.lr=0.5", in: short).settings.optimizer.learningRate == 0.5)
        #expect(try changed("schedule.warmup=2", in: short).settings.rates().warmup == .epochs(2))
        #expect(try changed("training.seed=3", in: short).settings.seed == 3)
        let builtIn = try changed("model.blocks=1", in: dataLine + "model: resnet20")
        #expect(builtIn.line("model") == "{name: resnet20, blocks: 1, width: 16, shortcut: true, sync: true}")
        #expect(try changed("loss.delta=0.5", in: small + "loss: huber").loss == .huber(delta: 0.5))
    }

    @Test func flagsReplaceTheirKeys() throws {
        let run = try read(
            example,
            [.epochs(3), .batch(64), .shards(4), .seed(9), .output("5"), try .set("training.epochs=4")])
        #expect(run.settings.epochs == 4 && run.settings.batch == 64 && run.settings.shards == 4)
        #expect(run.settings.seed == 9 && run.output == "5")
        #expect(
            failure(example, [.batch(0)]).hasPrefix("--batch 0: must be a whole number from 1"))
        #expect(failure(example, [.output("")]).hasPrefix("--output '': expected the path of a folder"))
    }

    @Test(arguments: [
        ("training.bach=3", "--set training.bach=3: unknown key; did you mean \"batch\"?"),
        ("trainng.batch=3", "--set trainng.batch=3: trainng: unknown key; did you mean \"training\"?"),
        (
            "training.batch=many",
            "--set training.batch=many: expected auto, or full, or a whole number from 1 to 16777216, found \"many\""
        ),
        (
            "training.batch.size=3",
            "--set training.batch.size=3: training.batch is 256 (config.yaml:18) and has no parts"
        ),
        ("model.8=relu", "--set model.8=relu: unknown place in a list; its places are 0 to 7"),
        ("model.first=relu", "--set model.first=relu: unknown place in a list"),
        ("model.2.linear=3", "--set model.2.linear=3: model.2 is \"relu\" (config.yaml:8) and has no parts"),
        (
            "model.0.linear=3",
            "config.yaml:6: model.0: expected a layer such as relu or linear: 128, found the keys"
        ),
        (
            "model.0.conv2d.kernel=[3]",
            "--set 'model.0.conv2d.kernel=[3]': expected a whole number, or [height, width]"
        ),
        ("optimizer.name=adam", "config.yaml:16: optimizer.momentum: unknown option of adam"),
        ("schedule.eta_min=1", "--set schedule.eta_min=1: must be at most lr, which is 0.05, is 1"),
    ])
    func mistakesNameTheFlag(assignment: String, message: String) throws {
        let failure = failure(example, [try .set(assignment)])
        #expect(failure.hasPrefix(message), "\(failure)")
    }

    @Test(arguments: [
        ("training.batch", "--set training.batch: expected key.path=value, found no equals sign"),
        ("=3", "--set =3: expected a key path such as training.batch, found \"\""),
        ("training..batch=3", "--set training..batch=3: expected a key path such as training.batch, found"),
        ("training.batch=", "--set training.batch=: expected a value behind the equals sign, found nothing"),
        (
            "training.batch=# 3",
            "--set 'training.batch=# 3': expected a value behind the equals sign, found nothing"
        ),
        ("training={batch: 3", "--set 'training={batch: 3': the text is no YAML"),
        (
            "training={batch: 3, batch: 4}",
            "--set 'training={batch: 3, batch: 4}': training.batch: duplicate key"
        ),
    ])
    func assignmentsThatAreNone(assignment: String, message: String) {
        do {
            _ = try ConfigurationOverride.set(assignment)
            Issue.record("\(assignment) is accepted")
        } catch {
            #expect(error.description.hasPrefix(message), "\(error)")
        }
    }
}
