import Issuance
import SignerAPI
import TextForms
import Tokens
import Varlink

extension TokenExamination {
    /// The whole examination, for programs.
    ///
    /// - Parameter name: what operators call the token.
    package func json(name: String) -> JSONObject {
        [
            "name": .string(name),
            "serial": .string(inspection.token.serial), "label": .string(inspection.token.label),
            "model": .string(inspection.token.model), "manufacturer": .string(inspection.token.manufacturer),
            "firmware": .string(inspection.token.firmwareVersion),
            "interface": .string(inspection.token.interfaceVersion),
            "mechanisms": .array(inspection.mechanisms.map { .object($0.json) }),
            "needs": .array(
                needs.map {
                    [
                        "mechanism": .string($0.mechanism), "purpose": .string($0.purpose),
                        "offered": .bool($0.offer != nil),
                    ]
                }
            ),
            "keys": .array(keys.map { .object($0.json) }),
            "furtherKeys": .integer(Int64(inspection.furtherKeys)),
            "findings": .array(
                findings.map {
                    [
                        "verdict": .string($0.verdict.rawValue), "text": .string($0.text), "mend": .string($0.mend),
                    ]
                }
            ),
        ]
    }
}

extension TokenExamination.Key {
    fileprivate var json: JSONObject {
        [
            "label": .string(inspected.label), "id": .string(HexText.encode(inspected.identifier)),
            "key": .string(publicKey.map { HexText.encode($0.sha256) } ?? ""),
            "algorithm": .string(publicKey?.keyAlgorithm?.rawValue ?? ""), "problem": .string(inspected.problem),
            "attributes": .array(
                inspected.attributes.sorted { $0.key < $1.key }.map { .string("\($0.key)=\($0.value)") }
            ),
            "signatures": .array(
                trials.map {
                    [
                        "algorithm": .string($0.algorithm.rawValue), "verified": .bool($0.problem == nil),
                        "microseconds": .integer(Int64(clamping: $0.microseconds)),
                        "problem": .string($0.problem ?? ""),
                    ]
                }
            ),
        ]
    }
}

extension MechanismDescription {
    fileprivate var json: JSONObject {
        [
            "name": .string(name), "number": .integer(Int64(clamping: number)),
            "minimumKeySize": .integer(Int64(clamping: minimumKeySize)),
            "maximumKeySize": .integer(Int64(clamping: maximumKeySize)), "signs": .bool(canSign),
            "makesKeyPairs": .bool(canGenerateKeyPair), "hardware": .bool(isInHardware),
        ]
    }
}
