import Foundation
import Layers
import Options
import Testing
import Training

@testable import Configuration

/// The schema of configurations: everything of the settings table is in it, described, and nothing is left open.
@Suite struct SchemaTests {
    private typealias Object = [String: Any]

    private let table = SettingsTable()
    private let whole: Object

    init() throws { whole = try Self.parsed(ConfigurationSchema()) }

    private static func parsed(_ schema: ConfigurationSchema) throws -> Object {
        try #require(JSONSerialization.jsonObject(with: Data(schema.text.utf8)) as? Object)
    }

    /// The schemas that a value may fit, with references followed and alternatives listed.
    private func alternatives(_ schema: Any?, of whole: Object) -> [Object] {
        guard let schema = schema as? Object else { return [] }
        if let reference = schema["$ref"] as? String {
            let name = reference.dropFirst("#/$defs/".count)
            return alternatives((whole["$defs"] as? Object)?[String(name)], of: whole)
        }
        guard let several = schema["anyOf"] as? [Any] else { return [schema] }
        return several.flatMap { alternatives($0, of: whole) }
    }

    private func properties(_ schema: Any?) -> [Object] {
        alternatives(schema, of: whole).compactMap { $0["properties"] as? Object }
    }

    private func property(_ name: String, _ schema: Any?) -> Object? {
        properties(schema).lazy.compactMap { $0[name] as? Object }.first
    }

    /// Every object of the schema, by its path.
    private func objects(_ value: Any, _ path: String = "") -> [(path: String, object: Object)] {
        if let object = value as? Object {
            return [(path, object)]
                + object.keys.sorted().flatMap { key in
                    object[key].map { objects($0, "\(path)/\(key)") } ?? []
                }
        }
        let list = value as? [Any] ?? []
        return list.enumerated().flatMap { objects($1, "\(path)/\($0)") }
    }

    @Test func theTextIsTheSameEachTime() {
        let text = ConfigurationSchema().text
        #expect(text == ConfigurationSchema(SettingsTable()).text && text.hasSuffix("}\n"))
        #expect(whole["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    }

    @Test func everyKeyIsDescribed() throws {
        for key in table.keys {
            let section = property(key.section, whole)
            let found = try #require(key.name.isEmpty ? section : property(key.name, section), "\(key.path)")
            let description = try #require(found["description"] as? String, "\(key.path)")
            let isSourced = key.source.isEmpty || description.hasSuffix(" (\(key.source))")
            #expect(description.hasPrefix(key.summary) && isSourced, "\(key.path)")
        }
        for (section, summary) in SettingsTable.sectionSummaries {
            #expect(property(section, whole)?["description"] as? String == summary)
        }
        // Keys beside the options of a choice stand beside those of every entry.
        for rule in properties(property("optimizer", whole)) { #expect(rule["sharded"] != nil) }
    }

    /// Every entry of every choice, with every option and its default.
    @Test func everyChoiceIsThere() throws {
        let definitions = try #require(whole["$defs"] as? Object)
        var count = 0
        func check(_ choice: ChoiceForm, _ schema: Any?) throws {
            for entry in choice.entries {
                let name = "\(choice.noun) \(entry.name)"
                let own: [Object]
                switch choice.style {
                case .keyed:
                    let found = try #require(property(entry.name, schema), "\(name)")
                    #expect((found["description"] as? String)?.hasPrefix(entry.summary) == true, "\(name)")
                    own = properties(found)
                case .named(let key):
                    own = properties(schema).filter {
                        ($0[key] as? Object)?["const"] as? String == entry.name
                    }
                    let said = (own.first?[key] as? Object)?["description"] as? String
                    #expect(said?.hasPrefix(entry.summary) == true, "\(name)")
                }
                #expect(!own.isEmpty, "\(name)")
                for option in entry.options {
                    let found = try #require(own.first?[option.name] as? Object, "\(name), \(option.name)")
                    #expect(found["description"] as? String == option.summary, "\(name), \(option.name)")
                    let hasDefault = option.standard != nil && option.standard != OptionValue.none
                    #expect((found["default"] != nil) == hasDefault, "\(name), \(option.name)")
                    if let alias = option.alias { #expect(own[0][alias] != nil, "\(name), \(alias)") }
                    count += 1
                }
                let isAlone = alternatives(schema, of: whole).contains {
                    $0["const"] as? String == entry.name
                }
                #expect(
                    isAlone
                        == (choice.style.takesWords && !entry.options.contains(where: \.isRequired)),
                    "\(name)")
            }
        }
        let vocabulary = table.vocabulary
        for form in [
            vocabulary.layers.form, vocabulary.models.form, vocabulary.initializers.form,
            vocabulary.normalizations.form, vocabulary.augmentations.form, vocabulary.formats.form,
        ] { try check(form, definitions[ConfigurationSchema.name(of: form)]) }
        try check(vocabulary.losses.form, property("loss", whole))
        try check(vocabulary.optimizers.form, property("optimizer", whole))
        try check(vocabulary.schedules.form, property("schedule", whole))
        #expect(count > 200)
    }

    /// No object takes unknown keys, and each but that of a layer's name takes keys that begin with "x-".
    @Test func everyObjectIsClosed() {
        let closed = objects(whole).filter { $0.object["properties"] is Object && $0.object["type"] != nil }
        #expect(closed.count > 100)
        for (path, object) in closed {
            #expect(object["additionalProperties"] as? Bool == false, "\(path)")
            let takesFree = (object["patternProperties"] as? Object)?["^x-"] != nil
            #expect(takesFree == (object["maxProperties"] == nil), "\(path)")
        }
    }

    /// References lead to definitions, and words are such as YAML takes for texts.
    @Test func namesAreSound() throws {
        let definitions = try #require(whole["$defs"] as? Object)
        var words: [String] = []
        for (path, object) in objects(whole) {
            if let reference = object["$ref"] as? String {
                #expect(definitions[String(reference.dropFirst("#/$defs/".count))] != nil, "\(path)")
            }
            words += (object["enum"] as? [String] ?? []) + [object["const"] as? String].compactMap { $0 }
        }
        #expect(words.count > 100)
        for word in words {
            let node = ConfigurationNode(
                content: .scalar(word, isQuoted: false), location: SourceLocation(.file("")))
            #expect(throws: Never.self, "\(word)") { try Setting(node, path: "").text("a word") }
        }
    }

    @Test func limitsAndNull() throws {
        let training = property("training", whole)
        let epochs = try #require(property("epochs", training))
        #expect(epochs["type"] as? [String] == ["integer", "null"] && epochs["default"] as? Int == 10)
        #expect(epochs["minimum"] as? Int == 1 && epochs["maximum"] as? Int == 1_000_000)
        let fraction = try #require(
            properties(property("validation", property("data", whole))).compactMap {
                $0["fraction"] as? Object
            }.first)
        #expect(fraction["type"] as? String == "number" && fraction["exclusiveMaximum"] as? Double == 1)
        #expect(whole["required"] as? [String] == ["data", "model"])
        #expect(property("data", whole)?["required"] as? [String] == ["train"])
        func takesNull(_ schema: Object?) -> Bool {
            alternatives(schema, of: whole).contains {
                $0["type"] as? String == "null" || ($0["type"] as? [String])?.contains("null") == true
            }
        }
        for section in table.sections {
            #expect(
                takesNull(property(section, whole)) == !["data", "model"].contains(section), "\(section)")
        }
        #expect(takesNull(property("test", property("data", whole))))
        #expect(!takesNull(property("train", property("data", whole))))
    }

    /// A program's own choices are in the schema of its settings.
    @Test func ownChoices() throws {
        var vocabulary = Vocabulary.standard
        vocabulary.layers.add(
            NamedChoice("swish", "x · sigmoid(x).", [.optional("beta", default: 1, "The slope.")]) { _ in
                LayerMaker(Flatten())
            })
        let own = try Self.parsed(ConfigurationSchema(SettingsTable(vocabulary)))
        #expect("\(try #require((own["$defs"] as? Object)?["layer"]))".contains("swish"))
        #expect(!"\(try #require((whole["$defs"] as? Object)?["layer"]))".contains("swish"))
    }
}
