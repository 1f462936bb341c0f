/// What a run says of itself in its folder's lease file, as lines of a name and a value.
///
/// The text has the same length at every renewal, so that it can be overwritten in place.
struct LeaseRecord: Sendable, Equatable {
    /// The run's rank 0.
    var owner: ProcessIdentity
    /// How the run holds the folder.
    var mechanism: FolderLock.Mechanism
    /// A random text that tells this lease from any other.
    var token: String
    /// The number of renewals.
    var count: UInt64 = 0

    /// A record of this process with a new token.
    init(_ mechanism: FolderLock.Mechanism) {
        owner = .own
        self.mechanism = mechanism
        token = (0..<2).map { _ in Self.padded(UInt64.random(in: .min ... .max), 16, radix: 16) }.joined()
    }

    /// Reads the content of a lease file; nil if it is anything else.
    init?(_ bytes: [UInt8]) {
        var values: [Substring: Substring] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, values.updateValue(words[1], forKey: words[0]) == nil else { return nil }
        }
        guard let host = values["host"], let id = values["process"].flatMap({ Int32($0) }), id > 0,
            let start = values["started"].flatMap({ UInt64($0) }), let machine = values["machine"],
            let mechanism = values["lock"].flatMap({ FolderLock.Mechanism(rawValue: String($0)) }),
            let token = values["token"], !token.isEmpty, host.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            let count = values["renewed"].flatMap({ UInt64($0) })
        else { return nil }
        owner = ProcessIdentity(host: String(host), id: id, start: start, machine: String(machine))
        self.mechanism = mechanism
        self.token = String(token)
        self.count = count
    }

    var bytes: [UInt8] {
        let lines = [
            "host \(owner.host)", "process \(owner.id)", "started \(owner.start)", "machine \(owner.machine)",
            "lock \(mechanism.rawValue)", "token \(token)", "renewed \(Self.padded(count, 20))",
        ]
        return Array(lines.map { "\($0)\n" }.joined().utf8)
    }

    private static func padded(_ number: UInt64, _ width: Int, radix: Int = 10) -> String {
        let digits = String(number, radix: radix)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
