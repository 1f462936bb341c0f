import Foundation
import Glibc
import MPI

/// The ranks of a run, their hosts, and how their watchdogs reach one another.
struct WatchRoster: Sendable {
    /// The ranks of each group of watchdogs that share memory, in rank order.
    let nodes: [Range<Int>]
    let rank: Int
    /// Each rank's host, nil if unknown.
    let hosts: [String?]
    /// Where each rank's watchdog receives datagrams; nil for one that receives none.
    let places: [WatchSocket.Place?]
    /// The first words of the run's datagrams.
    let token: [UInt64]

    var node: Range<Int> { nodes.first { $0.contains(rank) } ?? rank..<rank + 1 }

    /// The senders whose datagrams are accepted.
    var senders: Set<WatchSocket.Place> { Set(places.compactMap { $0 }) }

    /// What each rank tells all others before their watchdogs are joined.
    private struct Card: Codable {
        let host: String
        let addresses: [HostAddress]
        let token: [UInt64]
    }

    /// What each rank tells all others once it knows their cards.
    private struct Reply: Codable {
        let sharesPage: Bool
        let place: WatchSocket.Place?
    }

    struct Joined {
        let roster: WatchRoster
        let page: WatchPage
        let socket: WatchSocket?
    }

    /// Joins the watchdogs of all ranks; collective over the cluster.
    static func join(_ cluster: Cluster) throws -> Joined {
        var random = SystemRandomNumberGenerator()
        let own = Card(
            host: hostName, addresses: HostAddress.all(), token: [random.next(), random.next()])
        let cards = try Agreement.gathered(own, in: cluster.world)
        let token = cards[0].token
        let page = try sharedPage(cluster, token: token)
        let isShared = try cluster.node.allReduce(page == nil ? 0 : 1, .min) == 1
        let isAlone = isShared && cluster.nodes.count == 1
        let socket = isAlone ? nil : address(of: cluster.rank, cards).flatMap { WatchSocket(address: $0) }
        let replies = try Agreement.gathered(
            Reply(sharesPage: isShared, place: socket?.place), in: cluster.world)
        let roster = WatchRoster(
            nodes: cluster.nodes.flatMap { node in
                replies[node.lowerBound].sharesPage ? [node] : node.map { $0..<$0 + 1 }
            },
            rank: cluster.rank, hosts: cards.map(\.host), places: replies.map(\.place), token: token)
        guard isShared, let page else {
            return Joined(roster: roster, page: WatchPage(privateLines: cluster.size), socket: socket)
        }
        return Joined(roster: roster, page: page, socket: socket)
    }

    /// A page of the node's ranks in the folder for shared memory; nil on ranks that cannot open it.
    private static func sharedPage(_ cluster: Cluster, token: [UInt64]) throws -> WatchPage? {
        if cluster.node.size == 1 { return WatchPage(privateLines: cluster.size) }
        let path =
            "/dev/shm/dtrain-watch-\(token.map { String($0, radix: 16) }.joined())-\(cluster.nodeIndex)"
        var page: WatchPage?
        if cluster.node.rank == 0 { page = WatchPage(path: path, lines: cluster.size, isNew: true) }
        let isMade = try cluster.node.broadcast(page == nil ? 0 : 1, root: 0) == 1
        if isMade, cluster.node.rank > 0 { page = WatchPage(path: path, lines: cluster.size) }
        try cluster.node.barrier()
        // The page outlives its name, and no file is left behind however the job ends.
        if isMade, cluster.node.rank == 0 { unlink(path) }
        return page
    }

    /// The address of a rank's host for the other hosts; nil if it has none.
    private static func address(of rank: Int, _ cards: [Card]) -> UInt32? {
        // Every host chooses its address for the first host, and the first host chooses for the second.
        guard let second = cards.firstIndex(where: { $0.host != cards[0].host }) else {
            return HostAddress.loopback
        }
        let peer = cards[rank].host == cards[0].host ? second : 0
        return HostAddress.chosen(cards[rank].addresses, for: cards[peer].addresses)?.address
    }

    static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        return name.withUnsafeBufferPointer { pointer in
            pointer.baseAddress.flatMap { String(validatingCString: $0) } ?? "unknown"
        }
    }
}
