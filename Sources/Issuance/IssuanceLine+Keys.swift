import Ledger
import Policy
import X509Building

/// The part of the line that orders without a key take: judged, a key made, and then the line of all orders, with one step
/// more: the key is packed for its owner before the certificate is recorded, so that none is recorded whose key could not
/// be delivered.
///
/// The private key leaves with the first answer and is kept nowhere. So an order that has its certificate is not
/// answered a second time, and no second certificate is made for it either: the answer says which one there is.
extension IssuanceLine {
    func admit(
        _ decoded: DecodedKeyOrder,
        _ isWanted: @escaping @Sendable () -> Bool,
        _ answer: @escaping Reply
    ) {
        let (submission, content) = (decoded.submission, decoded.order.contentHash)
        switch inFlight.admit(submission.orderID, contentHash: content, joins: false, reply: answer) {
        case .first: prepareKey(decoded, isWanted)
        case .joined, .underWay: answer(.failure(.keyUnderWay()))
        case .conflict: turnAway(submission, .orderConflict(order: submission.orderID), answer)
        }
    }

    private func prepareKey(_ decoded: DecodedKeyOrder, _ isWanted: @escaping @Sendable () -> Bool) {
        do throws(IssuanceError) {
            try checkUnfulfilled(decoded)
            let judged = try decoded.judge(by: authority, at: clock.now)
            keyMaker.make(
                decoded.algorithm,
                in: judged.signer,
                makesPassword: decoded.password == nil
            ) { [self] result in
                workers.run { [self] in goOn(judged, result, isWanted) }
            }
        } catch {
            settle(decoded.submission, error)
        }
    }

    /// An order that has its certificate needs no further key.
    private func checkUnfulfilled(_ decoded: DecodedKeyOrder) throws(IssuanceError) {
        let order = decoded.submission.orderID
        let present: IssuedCertificate?
        do throws(LedgerError) {
            present = try ledger.reader.certificate(order: order)
        } catch {
            throw IssuanceError(error)
        }
        guard let present else { return }
        throw present.contentHash == decoded.order.contentHash
            ? .keyGone(order: order, serial: present.serial) : .orderConflict(order: order)
    }

    private func goOn(
        _ judged: JudgedKeyOrder,
        _ result: Result<MadeKey, IssuanceError>,
        _ isWanted: @escaping @Sendable () -> Bool
    ) {
        do throws(IssuanceError) {
            let made = try result.get()
            guard isWanted() else { throw .unwanted }
            prepare(try judged.with(made, isWanted: isWanted))
        } catch {
            settle(judged.decoded.submission, error)
        }
    }

    private func settle(_ submission: Submission, _ error: IssuanceError) {
        guard error.isRecorded else { return inFlight.settle(submission.orderID, .failure(error)) }
        refusals.record(.refusal(of: submission, error), callerUID: submission.callerUID) { [inFlight] in
            inFlight.settle(submission.orderID, .failure(error))
        }
    }

    /// Packs the key with the certificate that has just been verified.
    func pack(_ verified: VerifiedCertificate, _ delivery: KeyDelivery, _ decoded: DecodedRequest) {
        let intended = verified.signed.intended
        let plan = intended.linted.built.authorised.plan
        let chain = authority.issuers[plan.issuer]?.chainDER ?? []
        keyMaker.pack { [self] in
            do throws(IssuanceError) {
                guard delivery.isWanted() else { throw .unwanted }
                let packed = try delivery.pack(
                    certificate: verified.certificate,
                    chain: chain,
                    name: plan.keyName(order: decoded.submission.orderID)
                )
                record(verified, packed, decoded)
            } catch {
                abandon(intended, decoded, error)
            }
        }
    }
}

extension CertificatePlan {
    /// What importers show a key as: the name of whom the certificate is for, or the order's.
    fileprivate func keyName(order: String) -> String {
        subject.attributes.first { $0.type == .commonName }?.value
            ?? subject.attributes.first { $0.type == .emailAddress }?.value
            ?? order
    }
}
