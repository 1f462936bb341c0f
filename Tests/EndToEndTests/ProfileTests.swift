import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What --profile prints and writes, and that it changes nothing else.
    @Suite struct Profile {
        private struct Operations: Decodable {
            struct Operation: Decodable {
                let name: String
                let shape: String
                let runsPerStep: Double
                let millisecondsPerStep: Double
                let flopsPerStep: Int
                let gflopsPerSecond: Double
            }
            let ranks: Int
            let steps: Int
            let peakGflopsPerSecond: Double
            let operations: [Operation]
        }

        private struct Trace: Decodable {
            struct Event: Decodable {
                let name: String
                let ph: String
                let pid: Int
                let tid: Int?
                let ts: Double?
                let dur: Double?
            }
            let traceEvents: [Event]
        }

        @Test func tellsWhereTheTimeWent() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "cnn")
            let plain = data.path("plain")
            let profiled = data.path("profiled")
            let arguments = ["--config", configuration, "--epochs", "1", "--output"]
            #expect(try DTrainRun.run(2, ["train"] + arguments + [plain]).exitCode == 0)
            let run = try DTrainRun.run(2, ["train"] + arguments + [profiled, "--profile"])
            #expect(run.exitCode == 0, "\(run.standardError)")
            #expect(run.standardOutput.contains("convolution weight gradient"))
            #expect(try DTrainRun.results(plain) == DTrainRun.results(profiled))

            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let operations = try decoder.decode(
                Operations.self,
                from: Data(contentsOf: URL(fileURLWithPath: "\(profiled)/profile/operations.json")))
            #expect(operations.ranks == 2 && operations.steps > 1 && operations.peakGflopsPerSecond > 0)
            let convolutions = operations.operations.filter { $0.name == "convolution" }
            #expect(convolutions.count == 2)
            for convolution in convolutions {
                // Eight shards, most of them in each of the steps that count.
                #expect(convolution.runsPerStep > 4 && convolution.runsPerStep <= 8)
                #expect(convolution.flopsPerStep > 0 && convolution.gflopsPerSecond > 0)
                #expect(!convolution.shape.isEmpty)
            }
            #expect(
                operations.operations.contains { $0.name == "linear weight gradient" && $0.flopsPerStep > 0 })
            #expect(operations.operations.contains { $0.name == "update parameters" })
            #expect(operations.operations.allSatisfy { $0.millisecondsPerStep >= 0 })

            for rank in 0..<2 {
                let trace = try JSONDecoder().decode(
                    Trace.self,
                    from: Data(
                        contentsOf: URL(fileURLWithPath: "\(profiled)/profile/rank-\(rank).trace.json")))
                let spans = trace.traceEvents.filter { $0.ph == "X" }
                #expect(spans.contains { $0.name == "convolution" && $0.tid == 0 })
                #expect(spans.contains { $0.name == "update parameters" && $0.tid == 1 })
                #expect(trace.traceEvents.allSatisfy { $0.pid == rank })
                // A worker does one thing at a time.
                let worker = spans.filter { $0.tid == 0 }
                    .compactMap { (span) -> (start: Double, end: Double)? in
                        guard let start = span.ts, let length = span.dur else { return nil }
                        return (start, start + length)
                    }
                    .sorted { $0.start < $1.start }
                for (span, next) in zip(worker, worker.dropFirst()) { #expect(span.end <= next.start + 0.01) }
            }
        }
    }
}
