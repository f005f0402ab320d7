/// What a subscriber accepts before a certificate is made.
package struct SubscriberTerms: Hashable, Sendable {
    package let title: Text
    package let body: Text

    /// What is shown where a profile's certificates are picked up: the CA's standard terms, and beside them the tenant's
    /// own where it wants both to be seen (PRT-08).
    package static func shown(by portal: PortalSettings) -> [SubscriberTerms] {
        guard portal.showsBothTerms, !portal.ownTerms.isEmpty else { return [standard] }
        let own = SubscriberTerms(
            title: Text("貴社の利用規約", "Terms of your organisation"),
            body: Text(verbatim: portal.ownTerms)
        )
        return [standard, own]
    }

    /// The CA's own.
    package static let standard = SubscriberTerms(
        title: Text("電子証明書利用約款", "Subscriber terms"),
        body: Text(
            """
            1. 本約款は、認証局が発行する電子証明書(以下「証明書」)を利用する方(以下「利用者」)に適用します。認証局の証明書ポリシーと認証局運用規程は本約款の一部です。
            2. 利用者は、証明書に記載される氏名、組織名、メールアドレス等が正しいことを確認します。誤りを見つけたときは証明書を使い始めず、証明書管理者に連絡します。
            3. 秘密鍵と、それを保護するパスワードまたはPINは、利用者本人だけが管理します。他人に渡したり、共有したりすることはできません。
            4. 証明書は、その証明書に定められた用途に限り、法令に従って利用します。別の証明書の発行に使うことはできません。
            5. 秘密鍵が漏れた、なくした、またはそのおそれがあるとき、記載された内容が変わったとき、組織を離れるときは、ただちに証明書の利用を止め、証明書管理者に失効を求めます。
            6. 失効した証明書と有効期間を過ぎた証明書の秘密鍵で、署名や認証をすることはできません。過去に暗号化された情報を読むためにのみ、秘密鍵を残すことができます。
            7. 認証局は、記載の誤り、秘密鍵の危殆化、本約款への違反、その他認証局運用規程に定める事由があるとき、証明書を失効させることがあります。
            8. 認証局は、発行と失効の記録を、監査のために保存します。
            9. 証明書を使い始めた利用者は、本約款に同意したものとします。
            """,
            """
            1. These terms are for whoever uses a certificate that the CA has issued ("the subscriber"). The CA's certificate policy and its certification practice statement are part of them.
            2. The subscriber makes sure that the names, the organisation and the mail addresses in the certificate are right. One that is wrong is not used, and the certificate manager is told.
            3. The private key, and the password or PIN that guards it, are the subscriber's alone. They are not handed over and not shared.
            4. The certificate is used for the purposes that stand in it, within the law. It issues no other certificates.
            5. When the private key is lost or known to others, or may be, when what the certificate says is no longer true, or when the subscriber leaves the organisation, its use ends at once and the certificate manager is asked to revoke it.
            6. The key of a certificate that is revoked or has expired neither signs nor logs in. It may be kept to read what was encrypted before.
            7. The CA may revoke a certificate that says what is wrong, whose key is compromised, or whose subscriber breaks these terms, and for the other reasons in its certification practice statement.
            8. The CA keeps records of issuing and revoking for its auditors.
            9. Whoever begins to use the certificate has accepted these terms.
            """
        )
    )
}
