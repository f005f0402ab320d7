import Clocks
import Crypto
import Glibc
import StrictYAML
import X509Building

/// The reviewed file of profiles that a signer works by (POL-01, POL-02). It is known by the hash of its bytes.
package struct ProfileSet: Hashable, Sendable {
    /// SHA-256 of the file.
    package let sha256: [UInt8]
    /// As the file names itself.
    package let version: String
    /// The documents that the profiles follow, for people.
    package let follows: [String]
    package let issuers: [IssuerDescription]
    package let profiles: [IssuanceProfile]
    package let authorities: [AuthorityProfile]
    /// In the order of `issuers`.
    private let places: [IssuerPlaces]

    /// Reads a profile file: strictly, and with everything in it fitting together.
    ///
    /// - Throws: the first thing that is wrong, with its line.
    package init(yaml bytes: [UInt8]) throws(YAMLError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw YAMLError(.syntax, reason: "the file is not UTF-8")
        }
        sha256 = Array(SHA256.hash(data: bytes))
        let contents = try YAMLValue.document(text).mapping { map throws(YAMLError) in
            let version = try map.required("version").nonEmptyString()
            let follows = try map.required("follows").list { value throws(YAMLError) in try value.nonEmptyString() }
            let issuers = try map.required("issuers").list { value throws(YAMLError) in
                try IssuerDescription(value)
            }
            try map.required("issuers").refuseTwins(issuers.map(\.name))
            try map.required("issuers").refuse(Self.partitionProblem(issuers))
            let profiles = try map.required("profiles").list { value throws(YAMLError) in
                try IssuanceProfile(value, issuers: issuers)
            }
            try map.required("profiles").refuseTwins(profiles.map(\.name))
            let authorities = try map.required("authorities").list { value throws(YAMLError) in
                try AuthorityProfile(value)
            }
            try map.required("authorities").refuseTwins(authorities.map(\.name))
            return (version, follows, issuers, profiles, authorities)
        }
        (version, follows, issuers, profiles, authorities) = contents
        places = issuers.map { IssuerPlaces(of: $0) }
    }

    /// The files of an issuer's parts are called by its name and a number: no other issuer may be.
    private static func partitionProblem(_ issuers: [IssuerDescription]) -> String? {
        for issuer in issuers where issuer.crlPartitions != nil {
            let twin = issuers.first { other in
                other.name.hasPrefix("\(issuer.name)-")
                    && other.name.dropFirst(issuer.name.count + 1).allSatisfy(\.isNumber)
            }
            if let twin { return "“\(twin.name)” is what a part of the CRL of “\(issuer.name)” is called; rename one" }
        }
        return nil
    }

    /// Reads a profile file from a path.
    package init(path: String) throws(YAMLError) {
        try self.init(yaml: Self.read(path))
    }

    /// The profile of this name.
    package func profile(_ name: String) -> IssuanceProfile? {
        profiles.first { $0.name == name }
    }

    /// The issuer of this name.
    package func issuer(_ name: String) -> IssuerDescription? {
        issuers.first { $0.name == name }
    }

    /// What the certificates of the issuer of this name say of places.
    func issuerPlaces(_ name: String) -> IssuerPlaces? {
        issuers.firstIndex { $0.name == name }.map { places[$0] }
    }

    /// The CA profile of this name.
    package func authority(_ name: String) -> AuthorityProfile? {
        authorities.first { $0.name == name }
    }

    /// The profile by which the service renews the certificate of a responder with such a key; nil when none allows it.
    package func responderRenewal(of key: SubjectPublicKey) -> AuthorityProfile? {
        authorities.first { profile in
            profile.renewalDays != nil && key.keyAlgorithm.map(profile.keyAlgorithms.contains) == true
        }
    }

    private static func read(_ path: String) throws(YAMLError) -> [UInt8] {
        func failure() -> YAMLError {
            YAMLError(.syntax, path: path, reason: "the file cannot be read: \(String(cString: strerror(errno)))")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            // The reader refuses what is longer; there is no use in reading on.
            if bytes.count > YAMLValue.longestDocument { return bytes }
        }
    }
}

/// A profile that cannot be used at a date, though the file is in order.
package struct ProfileProblem: Hashable, Sendable {
    package var profile: String
    package var clause: String
    package var reason: String
}

extension ProfileSet {
    /// Profiles that the rules of a date don't allow any more (POL-05). Their requests are refused as well.
    package func problems(at date: Timestamp) -> [ProfileProblem] {
        profiles.compactMap { profile in
            guard let type = profile.smimeType, !type.mayBeIssued(at: date) else { return nil }
            return ProfileProblem(
                profile: profile.name,
                clause: "CA/B Forum S/MIME BR 1.2.1",
                reason: "the Legacy generation ended on 15 July 2025; follow multipurpose or strict instead"
            )
        }
    }
}
