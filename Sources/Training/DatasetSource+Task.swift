import Datasets
import Layers

/// How a loss and a model read a data set: what the data do not say.
struct DataReading: Codable {
    /// What labels mean; nil to go by their type.
    let task: LabelTask?
    /// The axis of an example along which the model reads positions of a sequence; nil where it reads none.
    let positionAxis: Int?

    /// The data set, read so.
    func callAsFunction(_ source: DatasetSource, for loss: Loss) -> DatasetSource {
        source.taking(task).reading(
            positionAxis: positionAxis,
            ignoredLabel: (loss.function as? CrossEntropyLoss)?.ignoreIndex
                ?? CrossEntropyLoss.torchIgnoreIndex)
    }
}

/// The meaning of labels, where the loss and the model decide it because the data do not say.
extension DatasetSource {
    /// How a loss and a model read this training set.
    func reading(for loss: Loss, makeModel: (DatasetLayout) throws -> any Model) throws -> DataReading {
        DataReading(
            task: try task(for: loss, makeModel: makeModel),
            positionAxis: try positionAxis(for: loss, makeModel: makeModel))
    }

    /// The axis of an example along which a model reads positions of a sequence; nil where it reads none.
    func positionAxis(for loss: Loss, makeModel: (DatasetLayout) throws -> any Model) throws -> Int? {
        if case .records = format { return nil }
        let layout = try outline()
        // A model that cannot be made without its classes, or does not fit the data, gives an error later.
        return try? TracedModel(
            makeModel(layout), exampleShape: layout.exampleShape, target: .none, loss: loss
        ).positionAxis
    }

    /// What the labels of a training set mean for a loss and a model; nil to go by the labels' type.
    ///
    /// Cross-entropy needs classes. The losses that compare numbers take whole numbers as numbers if the model has one
    /// output, and as classes, compared as one-hot rows, if it has more.
    package func task(for loss: Loss, makeModel: (DatasetLayout) throws -> any Model) throws -> LabelTask? {
        if case .records = format { return nil }
        if task != nil { return task }
        if loss.function.needsClasses { return try task(wanted: .classification) }
        guard loss.function.comparesNumbers else { return nil }
        let layout = try outline()
        // A model that cannot be made without its classes, or does not fit the data, gives an error later.
        guard
            let model = try? TracedModel(
                makeModel(layout), exampleShape: layout.exampleShape, target: .none, loss: loss),
            model.outputShape == [1]
        else { return nil }
        return try task(wanted: .regression)
    }

    /// What labels mean when a model that was trained on classes, or on numbers, gets other data.
    func task(likeClasses: Bool, loss: Loss) throws -> LabelTask? {
        // Every other loss takes floating-point labels as numbers.
        if likeClasses, !loss.function.needsClasses, format != .csv { return task }
        return try task(wanted: likeClasses ? .classification : .regression)
    }
}
