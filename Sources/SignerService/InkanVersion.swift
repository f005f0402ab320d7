/// The version of the programs.
package enum InkanVersion {
    package static let current = "0.1.0"
}
