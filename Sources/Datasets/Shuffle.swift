/// When the order of training examples is drawn at random.
public enum Shuffle: String, Sendable, Hashable, CaseIterable {
    /// Anew for every epoch.
    case epoch
    /// Once, for all epochs alike.
    case once
    /// Never: examples stay in the data set's order.
    case none
    /// Every place in every epoch, independently and with replacement: an epoch has as many draws as there are
    /// examples, of which some are drawn several times and about 37 % not at all. Of the same example in one epoch
    /// augmentation makes the same picture.
    case replacement

    /// The order in which a measure of the whole set visits it: as training, but each example once.
    package var ofWholeSet: Shuffle { self == .replacement ? .epoch : self }
}
