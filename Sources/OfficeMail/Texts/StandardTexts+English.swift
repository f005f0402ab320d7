/// The delivered texts in English.
enum EnglishTexts {
    static func text(of kind: MailKind) -> StandardText {
        switch kind {
        case .template(let type): type.isForManager ? forManager(type) : forUser(type)
        case .system(let mail): system(mail)
        }
    }

    private static let closing = """

        If you have any questions, please write to the address below.

        --------------------
        $${ServiceName}
        Contact: $${SupportContact}
        --------------------
        Replies to this mail are not read.
        """

    private static func user(_ subject: String, _ says: String, details: String = "") -> StandardText {
        StandardText(
            subject: subject,
            body: """
                Dear $${CommonName},

                this mail is about your certificate of $${CertAdminUser}{Organization}.

                \(says)

                Certificate
                  Order ID: $${OrderID}
                  Product: $${ProductName}
                  Common name: $${CommonName}
                \(details)
                Certificate manager of your organisation
                  $${CertAdminUser}{FirstName} $${CertAdminUser}{LastName} ($${CertAdminUser}{Email})
                \(closing)

                """
        )
    }

    private static func forUser(_ type: MailType) -> StandardText {
        switch type {
        case .invitation, .portalInvitation, .quickRenewal, .reissueInvitation: acquisition(type)
        case .reminderAfter15Days, .reminderAfter30Days, .cancelledByDeadline: deadline(type)
        case .issued, .issuedPKCS12, .reissued, .reissuedPKCS12: completion(type)
        default: state(type)
        }
    }

    private static let pickup = """

        To pick it up
          URL: $${PickupURL}
          Until: $${PickupDeadline}

        """

    private static let howTo = """
        Open the URL below and enter the pick-up password that your certificate manager gives you.
        The password is not in this mail.
        """

    private static func acquisition(_ type: MailType) -> StandardText {
        switch type {
        case .portalInvitation:
            user(
                "Your application was approved: please pick up your certificate",
                "Your application for a certificate was approved. Please pick the certificate up in time.\n\nOpen the URL "
                    + "below and enter the pick-up password that you chose when you applied.",
                details: pickup
            )
        case .quickRenewal:
            user(
                "Please pick up the certificate that follows yours",
                "Your present certificate expires soon. Its successor is ready; please pick it up in time.\n\n\(howTo)",
                details: pickup
            )
        case .reissueInvitation:
            user(
                "Please pick up your reissued certificate",
                "Your certificate is to be reissued. Please pick up the new one in time.\n\n\(howTo)",
                details: pickup
            )
        default:
            user(
                "Please pick up your certificate",
                "Your certificate can be issued now. Please pick it up in time.\n\n\(howTo)",
                details: pickup
            )
        }
    }

    private static func deadline(_ type: MailType) -> StandardText {
        switch type {
        case .reminderAfter15Days:
            user(
                "Reminder: your certificate has not been picked up",
                "Your certificate has not been picked up yet. Please do so in time.\n\n\(howTo)",
                details: pickup
            )
        case .reminderAfter30Days:
            user(
                "Last reminder: your certificate must be picked up soon",
                "The time to pick up your certificate ends soon. After that the order is cancelled.\n\n\(howTo)",
                details: pickup
            )
        default:
            user(
                "Your certificate was not picked up in time: the order is cancelled",
                "Your certificate was not picked up until $${PickupDeadline}. The order was cancelled, and the URL that you "
                    + "were sent is no longer valid.\nIf you need a certificate, please ask your certificate manager."
            )
        }
    }

    private static let validity = """
          Serial number: $${SerialNumber}
          Valid from $${StartDate} to $${ExpiryDate}

        """

    private static func completion(_ type: MailType) -> StandardText {
        let word = type == .reissued || type == .reissuedPKCS12 ? "reissued" : "issued"
        if type == .issuedPKCS12 || type == .reissuedPKCS12 {
            return user(
                "Your PKCS#12 certificate was \(word)",
                "The PKCS#12 file with your certificate and its private key was \(word).\nKeep the file and its password "
                    + "where nobody else sees them.\nIf this was not you, tell your certificate manager at once.",
                details: validity
            )
        }
        return user(
            "Your certificate was \(word)",
            "Your certificate was \(word).\nIf this was not you, tell your certificate manager at once.",
            details: validity
        )
    }

    private static let cause = """
          Reason: $${Reason}

        """

    private static func state(_ type: MailType) -> StandardText {
        switch type {
        case .cancelled:
            user(
                "Your certificate order was cancelled",
                "Your certificate manager has cancelled this order. The URL that you were sent is no longer valid.",
                details: cause
            )
        case .notApproved:
            user(
                "Your application for a certificate was not approved",
                "Your certificate manager has not approved your application. Please ask them if you need to know more.",
                details: cause
            )
        case .expired:
            user(
                "Your certificate has expired",
                "This certificate has expired and can no longer be used.\nIf you need another, please ask your certificate "
                    + "manager.",
                details: validity
            )
        case .expiryNotice:
            user(
                "Please renew your certificate",
                "This certificate's last day is $${ExpiryDate}. To go on using one, please renew it.",
                details: validity + """

                    Two ways to renew; choose one
                      With the present certificate on your device: $${RenewalURL}
                      With the pick-up password: $${PasswordRenewalURL}

                    """
            )
        case .held:
            user(
                "Your certificate was put on hold",
                "Your certificate manager has put this certificate on hold. It cannot be used until it is released.",
                details: validity + cause
            )
        case .released:
            user(
                "Your certificate was released from hold",
                "This certificate is no longer on hold and can be used again.",
                details: validity
            )
        default:
            user(
                "Your certificate was revoked",
                "This certificate was revoked and can no longer be used.\nPlease delete it from your devices.",
                details: validity + cause
            )
        }
    }

    private static func forManager(_ type: MailType) -> StandardText {
        let greeting = """
            Dear $${CertAdminUser}{FirstName} $${CertAdminUser}{LastName},

            thank you for using $${ServiceName}.

            """
        if type == .batchExpiring {
            return StandardText(
                subject: "Certificates of your administrator bulk expire soon [$${BatchID}]",
                body: greeting + """

                    The certificates of an administrator bulk expire in $${ExpiryDays} days.

                      Batch order ID: $${BatchID}
                      Profile ID: $${ProfileID}
                      Certificates: $${OrderCount}
                      Last day: $${ExpiryDate}

                    The administrator bulk history of the console lists them.
                    $${ConsoleURL}
                    \(closing)

                    """
            )
        }
        return StandardText(
            subject: "Somebody applied for a certificate [$${OrderID}]",
            body: greeting + """

                Somebody applied for a certificate on your portal. Please approve the application or refuse it.

                  Order ID: $${OrderID}
                  Profile ID: $${ProfileID}
                  Applicant: $${CommonName} ($${UserEmail})
                  Applied: $${ApplicationDate}

                Console: $${ConsoleURL}
                \(closing)

                """
        )
    }

    private static func notice(_ subject: String, _ says: String) -> StandardText {
        StandardText(
            subject: subject,
            body: """
                Dear $${RecipientName},

                thank you for using $${ServiceName}. This mail is for $${Organization}.

                \(says)
                \(closing)

                """
        )
    }

    private static func system(_ mail: SystemMail) -> StandardText {
        switch mail {
        case .administratorCertificate:
            notice(
                "Please pick up your administrator certificate",
                """
                Your administrator certificate, with which you log in to the console, can be issued now.
                Open the URL below and enter the pick-up password that you chose when you applied.

                  Common name: $${CommonName}
                  URL: $${PickupURL}
                  Until: $${PickupDeadline}
                """
            )
        case .administratorRenewal:
            notice(
                "Please renew your administrator certificate",
                """
                Your administrator certificate expires soon. Without one, most of the console is closed to you.

                  Common name: $${CommonName}
                  Last day: $${ExpiryDate}
                  Renew it at: $${RenewalURL}
                """
            )
        case .profileRenewal:
            notice(
                "A profile ends soon [$${ProfileID}]",
                """
                This profile ends soon; after that no certificates can be issued from it. Please renew it.

                  Profile ID: $${ProfileID}
                  Last day: $${EndDate}
                  Renew it at: $${RenewalURL}
                """
            )
        case .domainRenewal:
            notice(
                "A mail domain ends soon [$${Domain}]",
                """
                This mail domain ends soon; after that no certificates can be issued with its mail addresses.
                Please renew it.

                  Profile ID: $${ProfileID}
                  Domain: $${Domain}
                  Last day: $${EndDate}
                  Renew it at: $${RenewalURL}
                """
            )
        case .domainApproval, .domainVetting, .profileVetting: vetting(mail)
        case .test:
            StandardText(
                subject: "Test mail",
                body: "This mail shows that a template of $${ServiceName} can be sent.\n\(closing)\n"
            )
        case .licenceIssued, .licenceCancelled: licence(mail)
        }
    }

    private static func vetting(_ mail: SystemMail) -> StandardText {
        switch mail {
        case .domainApproval:
            StandardText(
                subject: "Please approve the use of a domain [$${Domain}]",
                body: """
                    To whoever answers for $${Domain},

                    $${Organization} wishes to have certificates with mail addresses of this domain from $${ServiceName}.

                      Domain: $${Domain}

                    If you approve, open the URL below in time, read what it says and approve there. Opening it alone
                    approves nothing.

                      URL: $${ApprovalURL}
                      Until: $${ValidationDeadline}

                    If you know nothing of this, do not approve, and tell us.
                    \(closing)

                    """
            )
        case .domainVetting:
            notice(
                "About the domain that you applied for [$${Domain}]",
                """
                We are vetting the domain that you applied for. Please publish this code in time.

                  Domain: $${Domain}
                  Method: $${ValidationMethod}
                  Code: $${ValidationCode}
                  Place: $${ValidationPlace}
                  Until: $${ValidationDeadline}

                You will hear from us when we have found it.
                """
            )
        default:
            notice(
                "About the vetting of your application [$${OrderID}]",
                """
                We are vetting your application and have this to say.

                  Order ID: $${OrderID}
                  Product: $${ProductName}

                $${Message}
                """
            )
        }
    }

    private static func licence(_ mail: SystemMail) -> StandardText {
        if mail == .licenceIssued {
            return notice(
                "Your licence was issued [$${LicenseID}]",
                """
                The licence that you applied for was issued.

                  Licence ID: $${LicenseID}
                  Order ID: $${OrderID}
                  Product: $${ProductName}
                  Number: $${OrderCount}
                  Years: $${ContractYears}
                  Last day: $${EndDate}

                Console: $${ConsoleURL}
                """
            )
        }
        return notice(
            "Your licence was cancelled [$${LicenseID}]",
            """
            This licence was cancelled.

              Licence ID: $${LicenseID}
              Order ID: $${OrderID}
              Product: $${ProductName}
              Reason: $${Reason}
            """
        )
    }
}
