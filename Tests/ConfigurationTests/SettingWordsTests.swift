import Testing
import Training

@testable import Configuration

/// What shells offer behind --set.
@Suite struct SettingWordsTests {
    private static let words = SettingWords()

    @Test func everyKeyIsOfferedOnceWithASentence() {
        let offered = Self.words.keys.map(\.text)
        #expect(Set(offered).count == offered.count)
        for key in SettingsTable.standard.keys { #expect(offered.contains(key.path), "\(key.path)") }
        for key in ["optimizer.name", "optimizer.lr", "schedule.warmup", "data.train.format"] {
            #expect(offered.contains(key), "\(key)")
        }
        for key in Self.words.keys { #expect(isSentence(key.summary), "\(key)") }
    }

    /// What the reader refuses of it, it refuses for other reasons.
    @Test func theReaderKnowsAllValues() {
        func kind(_ change: String) -> ConfigurationError.Kind? {
            do throws(ConfigurationError) { _ = try read(small, [try .set(change)]) } catch {
                return error.kind
            }
            return nil
        }
        var count = 0
        for key in Self.words.keys where !key.text.hasPrefix("data.train") {
            let isOfAll =
                key.text.hasSuffix(".name")
                || SettingsTable.standard.keys.contains { $0.path == key.text }
            for value in Self.words.values(of: key.text) where isOfAll {
                let kind = kind("\(key.text)=\(value.text)")
                let unknown: [ConfigurationError.Kind] = [.unknownKey, .unknownName, .wrongType]
                #expect(kind.map(unknown.contains) != true, "\(key.text)=\(value.text)")
                count += 1
            }
        }
        #expect(count > 80)
        #expect(kind("optimizer.name=adan") == .unknownName && kind("training.epoch=1") == .unknownKey)
        #expect(Self.words.values(of: "optimizer.name").map(\.text).contains("adamw"))
        #expect(Self.words.values(of: "training.epochs").isEmpty && Self.words.values(of: "x").isEmpty)
    }
}
