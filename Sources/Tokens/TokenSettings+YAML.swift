import StrictYAML

extension TokenSettings {
    /// Reads one token of a settings or site file: name, uri, environment, allows, sessions, and the
    /// deadlines.
    package init(yaml value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { (token) throws(YAMLError) in
            var settings = TokenSettings(
                name: try token.required("name").string(),
                uri: try token.required("uri").string(),
                environment: try token.optional("environment") { environment throws(YAMLError) in
                    try environment.dictionary { (value) throws(YAMLError) in try value.string() }
                } ?? [:]
            )
            settings.allows =
                try token.optional("allows") { allows throws(YAMLError) in
                    try WorkerAllowance(yaml: allows)
                } ?? .nothing
            settings.sessions = try token.optional("sessions") { value throws(YAMLError) in
                try value.integer(in: 1...256)
            }
            if let seconds = token.optional("callDeadlineSeconds") {
                settings.callDeadline = UInt64(try seconds.integer(in: 1...600)) * 1_000_000_000
            }
            if let seconds = token.optional("startDeadlineSeconds") {
                settings.startDeadline = UInt64(try seconds.integer(in: 1...600)) * 1_000_000_000
            }
            return settings
        }
    }
}
