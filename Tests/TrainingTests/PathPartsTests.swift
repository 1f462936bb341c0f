import Testing

@testable import Training

/// Paths and what they are made of.
@Suite struct PathPartsTests {
    @Test(arguments: [
        ("b", "", "b"), ("é", "", "é"), ("bc", "", "bc"), ("a/b", "a", "b"), ("a/", "", "a"),
        ("/b", "/", "b"), ("/", "/", "/"), ("//", "/", "/"), ("a//b//", "a", "b"), ("/a/b/c", "/a/b", "c"),
        ("", "", ""),
    ])
    func parts(path: String, folder: String, name: String) {
        #expect(PathParts.folder(of: path) == folder)
        #expect(PathParts.name(of: path) == name)
    }
}
