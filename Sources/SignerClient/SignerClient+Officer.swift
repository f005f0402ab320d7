internal import SignerAPI
public import Varlink

extension SignerClient {
    /// The processes of the running appliance, as `GetProcesses` answers them.
    public func processes() throws(SignerClientError) -> [JSONObject] {
        let answer = try call(OfficerInterface.getProcesses) { _ in }
        return (answer["processes"]?.arrayValue ?? []).compactMap(\.objectValue)
    }
}
