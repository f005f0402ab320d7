public import SignerAPI
public import Varlink

extension SignerClient {
    /// A call on users' tokens with one answer. On the officers' socket alone.
    public func call(
        _ method: TokenStationInterface.Method,
        parameters: (inout JSONWriter) -> Void = { _ in }
    ) throws(SignerClientError) -> JSONObject {
        try call(method.fullName, parameters: parameters)
    }

    /// A call on users' tokens that answers step by step; `body` is handed each answer as it comes.
    ///
    /// - Returns: the last answer.
    public func steps(
        of method: TokenStationInterface.Method,
        parameters: (inout JSONWriter) -> Void,
        _ body: (JSONObject) -> Void
    ) throws(SignerClientError) -> JSONObject {
        var last = JSONObject()
        try callMore(method.fullName, parameters: parameters) { answer in
            last = answer
            body(answer)
        }
        return last
    }
}
