import Foundation
import Testing

@testable import Datasets

/// What scikit-learn's StandardScaler makes of columns that hardly vary; see scripts/references/scaling_references.py.
@Suite struct ScalingReferenceTests {
    struct Reference: Decodable {
        struct Case: Decodable {
            let name, type: String
            let values: [Double]
            let mean, scale: Double
            let isConstant: Bool
        }

        let cases: [Case]
    }

    static func cases() throws -> [Reference.Case] {
        let folder = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let file = URL(fileURLWithPath: folder.joined(separator: "/") + "/Data/scaling.json")
        return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file)).cases
    }

    private static func statistics(_ column: Reference.Case) throws -> FeatureStatistics {
        let isDouble = column.type == "float64"
        let header = TestBytes.header(isDouble ? "<f8" : "<f4", "(\(column.values.count), 1)")
        let bytes =
            isDouble ? TestBytes.bytes(column.values) : TestBytes.bytes(column.values.map { Float($0) })
        return FeatureStatistics(
            try Dataset(TestBytes.source(.npy, TestBytes.npy(header, data: bytes))).examples)
    }

    @Test func theSameColumnsAreConstant() throws {
        let cases = try Self.cases()
        for column in cases {
            let statistics = try Self.statistics(column)
            let scaling = FeatureScaling(.standardize, statistics)
            let name: Comment = "\(column.name), \(column.type), \(column.values.count)"
            #expect((scaling.factor == [1]) == column.isConstant, name)
            #expect(abs(scaling.center[0] - column.mean) <= 1e-13 * abs(column.mean), name)
            #expect(FeatureScaling(.whiten(), statistics).factor == scaling.factor, name)
            // The range of what hardly varies is no more to be spread out.
            let range = FeatureScaling(.minMax(low: -1, high: 1), statistics)
            #expect((range.factor == [1]) == column.isConstant, name)
            // What varies is scaled as ever.
            if !column.isConstant {
                #expect(scaling.factor == [1 / statistics.deviation[0]], name)
                // Where a column hardly varies, so do the two variances.
                #expect(abs(column.scale * scaling.factor[0] - 1) < 1e-3, name)
                #expect(range.factor == [2 / (statistics.maximum[0] - statistics.minimum[0])], name)
            }
        }
        #expect(cases.count { $0.isConstant } > 20 && cases.count { !$0.isConstant } > 20)
    }
}
