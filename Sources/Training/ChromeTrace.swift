import DataParallel
import Foundation

/// A rank's timeline in the trace event format that chrome://tracing and Perfetto read.
struct ChromeTrace {
    /// The bytes of the file.
    let data: Data

    /// - Parameter workers: The number of the rank's worker threads; the thread with this number is communication.
    init(_ events: [Profiler.Event], rank: Int, workers: Int) {
        var lines = [
            #"{"name":"process_name","ph":"M","pid":\#(rank),"args":{"name":"rank \#(rank)"}}"#
        ]
        for thread in 0...workers {
            let name = thread < workers ? "worker \(thread)" : "communication"
            lines.append(
                #"{"name":"thread_name","ph":"M","pid":\#(rank),"tid":\#(thread),"args":{"name":"\#(name)"}}"#
            )
        }
        for event in events {
            let span = event.span
            // In microseconds. The ranks of one machine share the clock, so their files can be shown together.
            let start = Double(span.start) / 1e3
            let length = Double(span.end - span.start) / 1e3
            lines.append(
                #"{"name":"\#(span.description.name)","ph":"X","pid":\#(rank),"tid":\#(event.thread),"ts":\#(start),"#
                    + #""dur":\#(length),"args":{"shape":"\#(span.description.detail)","flops":\#(span.description.flops),"#
                    + #""bytes":\#(span.description.byteCount)}}"#)
        }
        data = Data("{\"traceEvents\":[\n\(lines.joined(separator: ",\n"))\n]}\n".utf8)
    }
}
