import Foundation
import Testing

@testable import Training

/// Tables have the same columns whatever comes, and each row once.
@Suite struct TableLogTests {
    private func lines(_ run: TemporaryRun, _ name: String) throws -> [String] {
        String(decoding: try run.bytes(name), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static let stepColumns =
        "step,epoch,loss,lr,gradient_norm,clip_ratio,noise_scale,gradient_norm_squared_unbiased,lambda_max,"
        + "gradient_curvature,gradient_over_rate,norm_test,inner_product_test,gradient_snr,skipped_steps,samples_per_second,seconds"

    @Test func steps() throws {
        let run = try TemporaryRun()
        defer { run.remove() }
        let log = TableLog(.step, folder: run.folder) { Issue.record("\($0)") }
        try log.start(at: 0)
        log.take(TemporaryRun.step(1))
        log.take(TemporaryRun.epoch(1))
        log.take(TemporaryRun.step(2, loss: .infinity, lambda: 3))
        try log.finish()
        #expect(
            try lines(run, "steps.csv") == [
                Self.stepColumns, "1,1,0.5,0.1,,,,,,,,,,,,100.5,0.25",
                "2,1,inf,0.1,,,,,3.0,1.0,2.0,,,,,100.5,0.25",
            ])
        #expect(try log.position == run.bytes("steps.csv").count)
    }

    @Test func effectiveRates() throws {
        let run = try TemporaryRun()
        defer { run.remove() }
        let log = TableLog(.step, folder: run.folder, hasEffectiveRates: true) { Issue.record("\($0)") }
        try log.start(at: 0)
        log.take(TemporaryRun.step(1))
        try log.finish()
        let header = Self.stepColumns.replacing(
            ",skipped_steps",
            with: ",effective_rate_min,effective_rate_mean,effective_rate_max,skipped_steps")
        #expect(try lines(run, "steps.csv") == [header, "1,1,0.5,0.1,,,,,,,,,,,,,,,100.5,0.25"])
    }

    @Test func covariateShift() throws {
        let run = try TemporaryRun()
        defer { run.remove() }
        let log = TableLog(.step, folder: run.folder, hasCovariateShift: true) { Issue.record("\($0)") }
        try log.start(at: 0)
        log.take(TemporaryRun.step(1))
        try log.finish()
        let header = Self.stepColumns.replacing(",skipped_steps", with: ",covariate_shift_mean,skipped_steps")
        #expect(try lines(run, "steps.csv") == [header, "1,1,0.5,0.1,,,,,,,,,,,,,100.5,0.25"])
    }

    @Test func epochs() throws {
        let run = try TemporaryRun()
        defer { run.remove() }
        let log = TableLog(.epoch, folder: run.folder) { Issue.record("\($0)") }
        try log.start(at: 0)
        log.take(TemporaryRun.epoch(1))
        log.take(TemporaryRun.step(12))
        log.take(TemporaryRun.epoch(2, batch: 64))
        #expect(
            try lines(run, "epochs.csv") == [
                "epoch,step,train_loss,test_loss,test_accuracy,lr,batch,skipped_steps,samples_per_second,seconds",
                "1,10,0.25,1.5,0.75,0.1,,,100.5,0.25", "2,20,0.25,1.5,0.75,0.1,64,,100.5,0.25",
            ])
    }

    /// A table is cut at a row's end, and goes on under the header that it has.
    @Test func goesOn() throws {
        let run = try TemporaryRun()
        defer { run.remove() }
        var warnings: [String] = []
        func log(at position: Int) throws -> TableLog {
            let log = TableLog(.step, folder: run.folder) { warnings.append($0) }
            try log.start(at: position)
            return log
        }
        func steps() throws -> [String] {
            try lines(run, "steps.csv").map { String($0.prefix { $0 != "," }) }
        }
        let first = try log(at: 0)
        first.take(TemporaryRun.step(1))
        let position = first.position
        first.take(TemporaryRun.step(2))
        let second = try log(at: position)
        second.take(TemporaryRun.step(2))
        second.take(TemporaryRun.step(3))
        #expect(try steps() == ["step", "1", "2", "3"] && warnings.isEmpty)
        // Torn before the checkpoint's place: what is whole stays.
        try Data(try run.bytes("steps.csv").dropLast(3)).write(
            to: URL(fileURLWithPath: run.path("steps.csv")))
        let third = try log(at: second.position)
        third.take(TemporaryRun.step(4))
        #expect(try steps() == ["step", "1", "2", "4"])
        #expect(warnings.count == 1 && warnings[0].hasSuffix("earlier rows are missing"), "\(warnings)")
        let fourth = try log(at: 0)
        fourth.take(TemporaryRun.step(5))
        #expect(try steps() == ["step", "5"])
    }
}
