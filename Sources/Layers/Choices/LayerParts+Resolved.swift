import Options

/// Values with the defaults filled in.
extension LayerParts {
    /// A value of a form with all options of the layers and initializers in it, given or default, in the order in which
    /// they are declared; whole numbers are written without a fraction. Options without a value are left out, and so
    /// are defaults that need not be written.
    func resolved(_ value: OptionValue, _ form: OptionForm) throws(OptionError) -> OptionValue {
        switch (form, value) {
        case (.kind(Self.layerKind, _), _): return try resolved(value, among: layers)
        case (.kind(Self.initializerKind, _), _): return try resolved(value, among: initializers)
        case (.list(let element, _, _), .list(let values)): return try resolved(values, element)
        case (.list(let element, _, _), .numbers(let numbers)):
            return try resolved(numbers.map { .number($0) }, element)
        case (.options(let declared, _, _), .options(let given)):
            return .options(try resolved(given.asDictionary, declared))
        case (.either(let forms, _), _):
            return try forms.first { $0.isSort(of: value) }.map { form throws(OptionError) in
                try resolved(value, form)
            } ?? value
        case (.wordOr(let word, let form), _): return value == .text(word) ? value : try resolved(value, form)
        case (.whole, .number(let number)): return Int(exactly: number).map { .whole($0) } ?? value
        default: return value
        }
    }

    /// A choice from a list, with all its options filled in.
    func resolved<Element>(
        _ value: OptionValue, among list: ChoiceList<Element>
    ) throws(OptionError) -> OptionValue {
        guard let (name, options) = ChoiceForm.parts(value) else {
            throw OptionError(
                .wrongType, key: "name", value: value.description,
                allowed: "one of \(list.names.joined(separator: ", "))")
        }
        let choice = try list.choice(name)
        let given = options.asDictionary
        do throws(OptionError) {
            return .choice(name, try resolved(given, choice.options(given: given, beside: 0)))
        } catch {
            throw list.style == .keyed ? error.inside(name) : error
        }
    }

    private func resolved(_ values: [OptionValue], _ form: OptionForm) throws(OptionError) -> OptionValue {
        var elements: [OptionValue] = []
        for (place, value) in values.enumerated() {
            do throws(OptionError) { elements.append(try resolved(value, form)) } catch {
                throw error.inside("\(place)")
            }
        }
        return .list(elements)
    }

    private func resolved(
        _ given: [String: OptionValue], _ declared: [OptionDeclaration]
    ) throws(OptionError) -> [NamedOption] {
        let options = try ResolvedOptions(declared: declared, given: given)
        var written: [NamedOption] = []
        for option in declared {
            let value = options.value(option.name)
            if value == .none || !option.isWritten && value == option.standard { continue }
            do throws(OptionError) {
                written.append(NamedOption(option.name, try resolved(value, option.form)))
            } catch {
                throw error.inside(option.name)
            }
        }
        return written
    }
}
