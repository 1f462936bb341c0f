import Datasets
import Layers

/// The meaning of labels, where the loss and the model decide it because the data do not say.
extension DatasetSource {
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
