import Clocks
import Issuance
import Varlink

extension StatusParts {
    /// What `GetStatus` says of CRLs and responders.
    func writeState(to writer: inout JSONWriter) {
        writer.name("crls")
        writer.beginArray()
        for state in crls.states {
            writer.beginObject()
            writer.member("issuer", state.issuer)
            if let partition = state.partition { writer.member("partition", partition) }
            if let crl = state.current {
                writer.member("number", crl.number)
                writer.member("thisUpdate", CivilTime(secondsSinceEpoch: crl.thisUpdate).rfc3339)
                writer.member("nextUpdate", CivilTime(secondsSinceEpoch: crl.nextUpdate).rfc3339)
            }
            writer.member("problem", state.problem)
            writer.endObject()
        }
        writer.endArray()
        writer.name("responders")
        writer.beginArray()
        for state in responders.states {
            writer.beginObject()
            writer.member("issuer", state.issuer)
            writer.member("notAfter", CivilTime(secondsSinceEpoch: state.notAfter).rfc3339)
            writer.member("renewed", state.isRenewed)
            writer.member("problem", state.problem)
            writer.endObject()
        }
        writer.endArray()
    }
}
