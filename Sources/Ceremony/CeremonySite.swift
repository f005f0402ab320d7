import StrictYAML
import Tokens

/// Where the tokens of this machine are. The reviewed plan knows nothing of it.
package struct CeremonySite: Sendable {
    package var tokens: [TokenSettings]

    package init(tokens: [TokenSettings]) {
        self.tokens = tokens
    }

    /// Reads a site file.
    package init(yaml text: String) throws(YAMLError) {
        tokens = try YAMLValue.document(text).mapping { (site) throws(YAMLError) in
            try site.required("tokens").list(of: TokenSettings.init(yaml:))
        }
    }
}
