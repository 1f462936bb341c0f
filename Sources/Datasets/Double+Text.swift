extension Double {
    /// The shortest decimal that reads back as the same number, or "nan", "inf", "-inf"; a NaN's sign is left out.
    package var plainText: String { isNaN ? "nan" : description }
}

extension Float {
    /// The shortest decimal that reads back as the same number, or "nan", "inf", "-inf".
    package var plainText: String { isNaN ? "nan" : description }
}
