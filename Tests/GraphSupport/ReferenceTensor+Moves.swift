import Graph

/// Elements along one axis, by the source of each; and rows of a table.
extension ReferenceTensor {
    /// A tensor whose element j along `axis` is element `sources[j]` of this one, 0 where that is nil.
    private func moved(_ axis: Int, _ sources: [Int?]) -> ReferenceTensor {
        var target = shape
        target[axis] = sources.count
        let (outer, inner) = (shape[..<axis].reduce(1, *), shape[(axis + 1)...].reduce(1, *))
        var result = ReferenceTensor(target, repeating: 0)
        for o in 0..<outer {
            for (j, source) in sources.enumerated() {
                guard let source else { continue }
                for i in 0..<inner {
                    result.values[(o * sources.count + j) * inner + i] =
                        values[(o * shape[axis] + source) * inner + i]
                }
            }
        }
        return result
    }

    /// The elements first ..< first + count along `axis`.
    func sliced(_ axis: Int, _ first: Int, _ count: Int) -> ReferenceTensor {
        moved(axis, (first..<(first + count)).map { $0 })
    }

    /// Tensors one behind the other along `axis`.
    static func concatenated(_ parts: [ReferenceTensor], axis: Int) -> ReferenceTensor {
        let total = parts.map { $0.shape[axis] }.reduce(0, +)
        var first = 0
        let placed = parts.map { part in
            let extent = part.shape[axis]
            defer { first += extent }
            return part.moved(axis, (0..<total).map { first..<(first + extent) ~= $0 ? $0 - first : nil })
        }
        return .total(placed)
    }

    /// Which element of an axis of `extent` stands at each place of the padded one.
    private static func sources(_ padding: Padding, extent: Int) -> [Int?] {
        (-padding.before..<(extent + padding.after)).map { place in
            if 0..<extent ~= place { return place }
            switch padding.mode {
            case .constant: return nil
            case .reflect: return place < 0 ? -place : 2 * (extent - 1) - place
            case .replicate: return place < 0 ? 0 : extent - 1
            case .circular: return (place + extent) % extent
            }
        }
    }

    /// More elements in front of an axis and behind it.
    func padded(_ padding: Padding) -> ReferenceTensor {
        moved(padding.axis, Self.sources(padding, extent: shape[padding.axis]))
    }

    /// The adjoint of padding: this tensor is dy.
    func paddingGradient(_ padding: Padding) -> ReferenceTensor {
        let extent = shape[padding.axis] - padding.before - padding.after
        let sources = Self.sources(padding, extent: extent)
        var result = sliced(padding.axis, 0, extent).map { _ in 0 }
        for place in 0..<extent {
            for (padded, source) in sources.enumerated() where source == place {
                let part = sliced(padding.axis, padded, 1)
                let placed = part.moved(padding.axis, (0..<extent).map { $0 == place ? 0 : nil })
                result = result.combined(with: placed, +)
            }
        }
        return result
    }

    /// The sum of all elements up to each one along `axis`, or from each one on.
    func cumulativeSum(_ axis: Int, reversed: Bool) -> ReferenceTensor {
        let places = 0..<shape[axis]
        let parts = places.map { place in
            let range = reversed ? place..<shape[axis] : 0..<(place + 1)
            return sliced(axis, range.lowerBound, range.count).sum([axis])
        }
        return parts.isEmpty ? self : .concatenated(parts, axis: axis)
    }

    /// The row of this table [V, E] for each number, zeros for a negative one.
    func gatheredRows(_ numbers: ReferenceTensor) -> ReferenceTensor {
        let width = shape[1]
        let rows = numbers.values.flatMap { number in
            (0..<width).map { number < 0 ? 0 : values[Int(number) * width + $0] }
        }
        return ReferenceTensor(numbers.shape + [width], rows)
    }

    /// 1 at positions in front of each length, else 0.
    func positionMask(steps: Int) -> ReferenceTensor {
        ReferenceTensor(
            [values.count, steps],
            values.flatMap { length in (0..<steps).map { Double($0) < length ? 1 : 0 } })
    }

    /// For each of `rows` numbers the sum of the rows of this tensor that have it.
    func scatteredRows(_ numbers: ReferenceTensor, rows: Int, frozen: Int?) -> ReferenceTensor {
        let width = shape[shape.count - 1]
        var result = ReferenceTensor([rows, width], repeating: 0)
        for (row, number) in numbers.values.enumerated() where number >= 0 && Int(number) != frozen {
            for column in 0..<width {
                result.values[Int(number) * width + column] += values[row * width + column]
            }
        }
        return result
    }
}
