import ArgumentParser
import SignerService

/// The command line of the appliance, for officers, testers and front ends' developers.
@main
struct Inkan: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inkan",
        abstract: "Speak to the appliance, and set it up.",
        discussion: """
            Exit codes: 0 done; 1 refused by the appliance, or a check found something; 2 the appliance cannot be \
            reached, or is not ready; 64 wrong arguments.
            The socket comes from --socket or INKAN_SOCKET; without either it is /run/inkan/signer.sock.
            """,
        version: InkanVersion.current,
        subcommands: [
            Status.self, Metrics.self, Issuers.self, Profiles.self, Issue.self, IssueKey.self, IssueKeys.self,
            Certificate.self, Revoke.self, Hold.self,
            Release.self, Cancel.self, CertificateState.self, CRLCommand.self, OCSPCommand.self, Doctor.self,
            TokenCommand.self, CeremonyCommand.self, LedgerCommand.self, Backup.self, Restore.self,
        ]
    )
}
