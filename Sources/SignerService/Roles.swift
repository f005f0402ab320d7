import SignerAPI
import Varlink

/// What a caller may do, by the socket it came through and its kernel credentials.
package enum Role: String, Sendable {
    /// Orders certificates.
    case frontEnd = "front-end"
    /// A security officer at the machine: everything the front end may do, and the officers' methods.
    case officer
}

/// Which user may come through which socket. The kernel says who calls (SO_PEERCRED); nothing in a message can change it.
package struct RoleBook: Sendable {
    /// The names that listeners carry.
    package static let signerListener = "signer"
    package static let officerListener = "officer"

    private let frontEndUsers: Set<UInt32>
    private let officerUsers: Set<UInt32>

    /// - Parameters:
    ///   - frontEndUsers: user ids that may use the front end's socket.
    ///   - officerUsers: user ids that may use the officers' socket.
    package init(frontEndUsers: Set<UInt32>, officerUsers: Set<UInt32>) {
        self.frontEndUsers = frontEndUsers
        self.officerUsers = officerUsers
    }

    /// The caller's role, or `nil` for a user who may not call at all.
    package func role(of peer: PeerCredentials, through listener: String) -> Role? {
        switch listener {
        case Self.officerListener: officerUsers.contains(peer.uid) ? .officer : nil
        default: frontEndUsers.contains(peer.uid) ? .frontEnd : nil
        }
    }
}
