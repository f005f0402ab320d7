/// What a service asks of the process that starts its workers, and what is answered: one packet each, in turn.
package enum SpawnerRequest: Sendable {
    /// Start a worker; its socket and its standard error come along. Answer: `started` or `refused`.
    case start(environment: [String: String])
    /// End a worker at once. Answer: `done`, also when it has ended already.
    case kill(Int32)
    /// Has the worker ended? Answer: `ended`, or `done` when it has not.
    case bury(Int32)

    package func write(to writer: inout MessageWriter) {
        switch self {
        case .start(let environment):
            writer.number(UInt8(1))
            writer.variables(environment)
        case .kill(let worker):
            writer.number(UInt8(2))
            writer.number(worker)
        case .bury(let worker):
            writer.number(UInt8(3))
            writer.number(worker)
        }
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        switch try reader.number(UInt8.self) {
        case 1: self = .start(environment: try reader.variables())
        case 2: self = .kill(try reader.number())
        case 3: self = .bury(try reader.number())
        default: throw .protocolBroken("an unknown request to the spawner")
        }
    }
}

/// See `SpawnerRequest`.
package enum SpawnerAnswer: Sendable {
    case done
    case started(Int32)
    case ended(String)
    case refused(TokenError)

    package func write(to writer: inout MessageWriter) {
        switch self {
        case .done: writer.number(UInt8(0))
        case .started(let worker):
            writer.number(UInt8(1))
            writer.number(worker)
        case .ended(let how):
            writer.number(UInt8(2))
            writer.text(how)
        case .refused(let error):
            writer.number(UInt8(3))
            error.write(to: &writer)
        }
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        switch try reader.number(UInt8.self) {
        case 0: self = .done
        case 1: self = .started(try reader.number())
        case 2: self = .ended(try reader.text())
        case 3: self = .refused(try TokenError(from: &reader))
        default: throw .protocolBroken("an unknown answer of the spawner")
        }
    }
}

/// The modules that a spawner's workers will load: it keeps the rights that they need together, and no others.
package struct SpawnerCharter: Sendable {
    package struct Place: Sendable {
        package enum Address: Sendable {
            /// A token, with its module and its PIN's file.
            case uri(String)
            /// A reader, by its module's path.
            case module(String)
        }

        package var address: Address
        package var environment: [String: String]
        package var allows: WorkerAllowance

        package init(_ address: Address, environment: [String: String], allows: WorkerAllowance) {
            self.address = address
            self.environment = environment
            self.allows = allows
        }
    }

    package var places: [Place]

    package init(places: [Place]) {
        self.places = places
    }

    package func write(to writer: inout MessageWriter) {
        writer.list(places) { place, writer in
            switch place.address {
            case .uri(let uri):
                writer.flag(true)
                writer.text(uri)
            case .module(let path):
                writer.flag(false)
                writer.text(path)
            }
            writer.variables(place.environment)
            place.allows.write(to: &writer)
        }
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        places = try reader.list { (reader) throws(TokenError) in
            let isURI = try reader.flag()
            let text = try reader.text()
            let environment = try reader.variables()
            return Place(
                isURI ? .uri(text) : .module(text),
                environment: environment,
                allows: try WorkerAllowance(from: &reader)
            )
        }
    }
}

/// What a spawner says of itself once it is confined.
package struct SpawnerFacts: Sendable {
    package var process: Int32
    package var landlockVersion: Int

    package init(process: Int32, landlockVersion: Int) {
        self.process = process
        self.landlockVersion = landlockVersion
    }

    package func write(to writer: inout MessageWriter) {
        writer.number(process)
        writer.number(UInt32(landlockVersion))
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        process = try reader.number()
        landlockVersion = Int(try reader.number(UInt32.self))
    }
}

extension MessageWriter {
    fileprivate mutating func variables(_ environment: [String: String]) {
        number(UInt32(environment.count))
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            text(name)
            text(value)
        }
    }
}

extension MessageReader {
    fileprivate mutating func variables() throws(TokenError) -> [String: String] {
        var environment: [String: String] = [:]
        for _ in 0..<(try number(UInt32.self)) {
            let name = try text()
            environment[name] = try text()
        }
        return environment
    }
}
