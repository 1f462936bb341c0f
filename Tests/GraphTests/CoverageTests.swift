import Graph
import GraphSupport
import Testing

/// No operation is forgotten by the tests.
@Suite struct CoverageTests {
    private func kinds(_ graphs: [Graph]) -> [OperationKind] {
        graphs.flatMap { $0.nodes.map { OperationKind($0.operation) } }
    }

    @Test(arguments: OperationKind.allCases)
    func everyOperationIsChecked(_ kind: OperationKind) {
        let cases = OperationCase.all
        switch kind.check {
        case .differences:
            #expect(kinds(cases.map { $0.forwardGraph(count: 2) }).contains(kind))
        case .backwardOfACase:
            let backward = cases.map { $0.differentiated($0.differentiableGraph(count: 2), count: 2) }
            #expect(kinds(backward).contains(kind))
        case .secondDerivative:
            let products = cases.map {
                $0.directional($0.differentiated($0.forwardGraph(count: 2).decomposed(), count: 2), count: 2)
            }
            #expect(kinds(products).contains(kind))
        case .values:
            #expect(kinds(ValueCase.all.map(\.graph)).contains(kind))
        }
    }

    /// What decomposition leaves has a derivative: no composite is in it.
    @Test(arguments: OperationCase.all)
    func decompositionLeavesPrimitives(_ test: OperationCase) {
        let left = test.forwardGraph(count: 2).decomposed().nodes.map(\.operation)
        #expect(left.filter(\.isComposite).isEmpty)
    }
}
