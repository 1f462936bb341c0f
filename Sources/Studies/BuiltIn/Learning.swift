extension Study {
    /// Studies of how training and test loss move with passes, rates, first values, widths and examples.
    static let learning = [passes, onePass, firstValues, rates, decay, capacity, data, shuffle]
}
