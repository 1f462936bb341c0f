import Datasets
import Layers

/// What labels mean is not always said: then the loss and the model decide.
extension DatasetSource {
    /// What the labels of a training set are to a loss and a model; nil for what their type says.
    ///
    /// Cross-entropy needs classes. The losses that compare numbers take whole numbers as such where the model has one
    /// output; with more outputs those are classes, compared as one-hot rows.
    package func task(for loss: Loss, makeModel: (DatasetLayout) throws -> any Model) throws -> LabelTask? {
        if case .records = format { return nil }
        if task != nil { return task }
        if loss.function.needsClasses { return try task(wanted: .classification) }
        guard loss.function.comparesNumbers else { return nil }
        let layout = try outline()
        // A model that cannot be made without its classes, or does not fit the data, says so later.
        guard
            let model = try? TracedModel(
                makeModel(layout), exampleShape: layout.exampleShape, target: .none, loss: loss),
            model.outputShape == [1]
        else { return nil }
        return try task(wanted: .regression)
    }

    /// What labels are where a model that was trained on classes, or on numbers, meets other data.
    func task(likeClasses: Bool, loss: Loss) throws -> LabelTask? {
        // Floats for classes are numbers to every other loss.
        if likeClasses, !loss.function.needsClasses, format != .csv { return task }
        return try task(wanted: likeClasses ? .classification : .regression)
    }
}
