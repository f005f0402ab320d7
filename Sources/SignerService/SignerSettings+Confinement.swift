import Confinement
import Tokens

extension ReaderSettings {
    /// With the folder of the makers' PIN, whose file may be replaced.
    fileprivate var allAllows: WorkerAllowance {
        var all = allows
        all.read += [makersPINFile].compactMap { $0 }.map(folder(of:))
        return all
    }
}

extension SignerSettings {
    /// The tokens and readers that workers will serve, for the process that starts those. Every module that the service
    /// will ever have a worker load must be in it.
    package var charter: SpawnerCharter {
        SpawnerCharter(
            places: tokens.map { .init(.uri($0.uri), environment: $0.environment, allows: $0.allows) }
                + readers.map { .init(.module($0.modulePath), environment: $0.environment, allows: $0.allAllows) }
        )
    }

    /// What the service keeps of its rights: the folders of its ledger, of its CRLs and of the newest checkpoint, and the
    /// files that its settings name, to read.
    ///
    /// - Parameters:
    ///   - sockets: the sockets that it made itself, to be removed at the end.
    ///   - workersSocket: the spawner that it goes to, if that is no child of its own.
    package func confinement(sockets: [String], workersSocket: String?) -> Confinement {
        let read =
            [profiles] + [compromisedKeys].compactMap { $0 } + [log?.key].compactMap { $0 }
            + issuers.flatMap { [$0.certificate] + $0.chain + [$0.responder?.certificate].compactMap { $0 } }
            + readers.compactMap(\.pinRecipient)
        return Confinement(
            .service(mayConnect: workersSocket != nil),
            grants: ([ledger] + [log?.checkpointFile].compactMap { $0 }).map { FileGrant(folder(of: $0), .keep) }
                + [status.folder].compactMap { $0 }.map { FileGrant($0, .keep) } + read.map { FileGrant($0, .read) }
                + sockets.map { FileGrant(folder(of: $0), .remove) }
        )
    }
}
