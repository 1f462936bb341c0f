import Graph

/// Leaves: memory that is there before the program runs, and numbers that are written into it.
struct LeafBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.Leaf) {
        let kernels = kernels
        let type = node.types[0]
        switch operation {
        case .input(let input): alias(builder.newBuffer(.input(input), type.byteCount))
        case .parameter(let place): alias(variable(place, in: .parameters))
        case .direction(let place): alias(variable(place, in: .directions))
        case .state(let place): alias(variable(place, in: .states))
        case .constant(let value):
            let y = define()
            if type.element == .float64 {
                builder.emit("constant", reads: [], writes: [y]) { frame in
                    frame.doubles(y).update(repeating: value, count: type.count)
                }
            } else {
                builder.emit("constant", reads: [], writes: [y]) { frame in
                    kernels.pointee.fill(Int64(type.count), Float(value), frame.floats(y))
                }
            }
        case .batchCount:
            let y = define()
            builder.emit("batch count", reads: [], writes: [y]) { frame in
                frame.floats(y)[0] = frame.scalars.pointee.batchCount
            }
        case .labelWeightSum:
            let y = define()
            builder.emit("label weights", reads: [], writes: [y]) { frame in
                frame.floats(y)[0] = frame.scalars.pointee.labelWeightSum
            }
        case .numbers(let values):
            let floats = values.map { Float($0) }
            let y = define()
            builder.emit("numbers", reads: [], writes: [y]) { frame in
                for (place, value) in floats.enumerated() { frame.floats(y)[place] = value }
            }
        }
    }

    private func variable(_ place: Int, in home: Buffer.Home) -> Int {
        builder.newBuffer(
            home, node.types[0].byteCount, offset: site.context.variableOffsets[place])
    }
}
