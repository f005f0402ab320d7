/// Which interfaces and methods there are, and `org.varlink.service` itself.
struct ServiceDirectory: Sendable {
    /// What is to be done with a call.
    enum Route {
        case handler
        case answer(JSONObject)
        case refusal(ErrorAnswer)
    }

    private enum Target: Sendable {
        case information
        case description
        case handler
    }

    private let interfaces: [String: InterfaceDescription]
    private let methods: [String: (target: Target, check: ParameterCheck)]
    private let information: JSONObject

    /// - Throws: when the built-in description itself is wrong, which the tests rule out.
    init(_ service: ServiceDescription, interfaces own: [InterfaceDescription]) throws(InterfaceError) {
        let standard = try InterfaceDescription(source: Self.standardSource)
        let all = [standard] + own
        var interfaces: [String: InterfaceDescription] = [:]
        var methods: [String: (target: Target, check: ParameterCheck)] = [:]
        for interface in all {
            guard interfaces.updateValue(interface, forKey: interface.name) == nil else {
                throw InterfaceError(line: 1, reason: "“\(interface.name)” is served twice")
            }
            for (method, check) in interface.inputs {
                methods["\(interface.name).\(method)"] = (.handler, check)
            }
        }
        methods["\(standard.name).GetInfo"]?.target = .information
        methods["\(standard.name).GetInterfaceDescription"]?.target = .description
        self.interfaces = interfaces
        self.methods = methods
        information = [
            "vendor": .string(service.vendor), "product": .string(service.product),
            "version": .string(service.version), "url": .string(service.url),
            "interfaces": .array(all.map { .string($0.name) }),
        ]
    }

    func route(_ method: String, _ parameters: JSONObject) -> Route {
        guard let found = methods[method] else { return .refusal(unknown(method)) }
        do throws(ParameterError) {
            try found.check.check(parameters)
        } catch {
            return .refusal(StandardErrors.invalidParameter(error.parameter, reason: error.reason))
        }
        switch found.target {
        case .handler: return .handler
        case .information: return .answer(information)
        case .description:
            let name = parameters["interface"]?.stringValue ?? ""
            guard let interface = interfaces[name] else { return .refusal(StandardErrors.interfaceNotFound(name)) }
            return .answer(["description": .string(interface.source)])
        }
    }

    private func unknown(_ method: String) -> ErrorAnswer {
        guard let dot = method.lastIndex(of: ".") else {
            return StandardErrors.invalidParameter("method", reason: "a method is called interface.Method")
        }
        let interface = String(method[..<dot])
        guard interfaces[interface] != nil else { return StandardErrors.interfaceNotFound(interface) }
        return StandardErrors.methodNotFound(method)
    }

    private static let standardSource = """
        # What every Varlink service answers: who it is and which interfaces it has.
        interface org.varlink.service

        # Who serves here, and what.
        method GetInfo() -> (
            vendor: string,
            product: string,
            version: string,
            url: string,
            interfaces: []string
        )

        # The description of one of the interfaces, as a text like this one.
        method GetInterfaceDescription(interface: string) -> (description: string)

        # This service has no such interface.
        error InterfaceNotFound (interface: string)

        # The interface has no such method.
        error MethodNotFound (method: string)

        # The method is described, but not served here.
        error MethodNotImplemented (method: string)

        # A parameter is unknown, missing or of a wrong type, or the message is none. reason says which.
        error InvalidParameter (parameter: string, reason: ?string)

        # The caller may not do this.
        error PermissionDenied ()

        # The method must be called with "more".
        error ExpectedMore ()

        """
}
