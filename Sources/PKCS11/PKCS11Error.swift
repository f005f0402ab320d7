/// Everything that can go wrong in this layer. No case carries a secret.
public enum PKCS11Error: Error, Hashable, Sendable, CustomStringConvertible {
    /// The shared library could not be loaded, or is not a PKCS#11 module.
    case moduleUnusable(path: String, reason: String)
    /// A function of the module answered something other than `CKR_OK`.
    case call(function: String, answer: ReturnValue)
    /// The URI breaks RFC 7512 or a rule of ours.
    case uri(reason: String)
    /// No key with this public key is in the token.
    case keyMissing
    /// More than one object fits; choosing one would be guessing.
    case keyAmbiguous(matches: Int)
    /// The key exists but not as it must be; the names of the attributes say what is wrong.
    case attributesRefused(names: [String])
    /// The token answered with bytes that cannot be what was asked for.
    case malformed(what: String)
    /// An object in the token says of itself what cannot be. That is the object's fault, and no reason to give the token up.
    case malformedObject(what: String)
    /// This build knows no such key type or curve.
    case unsupported(what: String)

    /// What the module answered, where it was the module.
    public var answer: ReturnValue? {
        if case .call(_, let answer) = self { return answer }
        return nil
    }

    public var description: String {
        switch self {
        case .moduleUnusable(let path, let reason): "the PKCS#11 module \(path) cannot be used: \(reason)"
        case .call(let function, let answer): "\(function) answered \(answer)"
        case .uri(let reason): "the PKCS#11 URI is not usable: \(reason)"
        case .keyMissing: "no key pair with this public key is in the token"
        case .keyAmbiguous(let matches): "\(matches) keys in the token have this public key"
        case .attributesRefused(let names): "the key's attributes are not acceptable: \(names.joined(separator: ", "))"
        case .malformed(let what): "the token answered a malformed \(what)"
        case .malformedObject(let what): "an object in the token has no usable \(what)"
        case .unsupported(let what): "\(what) is not supported"
        }
    }
}
