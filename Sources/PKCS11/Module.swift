internal import CPKCS11
import Glibc

/// A vendor's PKCS#11 library, loaded into this process and never unloaded (many crash when they are).
///
/// `@unchecked Sendable`: the function table is written in `init` alone, and the module is told to lock for itself.
public final class Module: @unchecked Sendable {
    /// The shared library's path as it was given.
    public let path: String
    /// The version of the function table in use, such as "2.40" or "3.0".
    public let interfaceVersion: String

    let functions: CK_FUNCTION_LIST

    /// Loads a module with `dlopen(RTLD_NOW | RTLD_LOCAL)` and takes its function table: through `C_GetInterface`
    /// (PKCS#11 3.x) when it is there, through `C_GetFunctionList` otherwise.
    public init(path: String) throws(PKCS11Error) {
        guard path.hasPrefix("/") else {
            throw .moduleUnusable(path: path, reason: "the path must be absolute")
        }
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "unknown reason"
            throw .moduleUnusable(path: path, reason: reason)
        }
        var table = Module.defaultInterface(of: library)
        if table == nil { table = try Module.functionList(of: library) }
        guard let list = table else {
            throw .moduleUnusable(path: path, reason: "it has neither C_GetInterface nor C_GetFunctionList")
        }
        self.path = path
        functions = list.pointee
        interfaceVersion = "\(list.pointee.version.major).\(list.pointee.version.minor)"
    }

    private typealias List = UnsafeMutablePointer<CK_FUNCTION_LIST>

    /// A 3.x table begins with the fields of a 2.40 table, so that the same structure reads both.
    private static func defaultInterface(of library: UnsafeMutableRawPointer) -> List? {
        // CK_INTERFACE of PKCS#11 3.0, 3.2: the name, the function list, the flags.
        typealias Interface = (name: UnsafePointer<CChar>?, functions: UnsafeMutableRawPointer?, flags: UInt)
        typealias GetInterface =
            @convention(c) (
                UnsafePointer<CChar>?, UnsafeRawPointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?, UInt
            ) -> UInt
        guard let symbol = dlsym(library, "C_GetInterface") else { return nil }
        let getInterface = unsafeBitCast(symbol, to: GetInterface.self)
        var found: UnsafeMutableRawPointer?
        let answer = ReturnValue(rawValue: getInterface("PKCS 11", nil, &found, 0))
        guard answer == .ok, let found else { return nil }
        return found.assumingMemoryBound(to: Interface.self).pointee.functions?
            .assumingMemoryBound(to: CK_FUNCTION_LIST.self)
    }

    private static func functionList(of library: UnsafeMutableRawPointer) throws(PKCS11Error) -> List? {
        typealias GetFunctionList = @convention(c) (UnsafeMutablePointer<List?>?) -> UInt
        guard let symbol = dlsym(library, "C_GetFunctionList") else { return nil }
        var list: List?
        try check("C_GetFunctionList", unsafeBitCast(symbol, to: GetFunctionList.self)(&list))
        return list
    }

    /// Starts the module (`C_Initialize`) and lets it use the system's locks, so that threads may call it at once.
    public func initialize() throws(PKCS11Error) {
        var arguments = CK_C_INITIALIZE_ARGS()
        arguments.flags = CK_FLAGS(CKF_OS_LOCKING_OK)
        try check("C_Initialize", functions.C_Initialize!(&arguments))
    }

    /// Ends the module (`C_Finalize`). All sessions and handles of this process are gone afterwards.
    public func finalize() throws(PKCS11Error) {
        try check("C_Finalize", functions.C_Finalize!(nil))
    }

    /// Every slot, or those that hold a token.
    public func slots(withToken: Bool = true) throws(PKCS11Error) -> [Slot] {
        let present = CK_BBOOL(withToken ? 1 : 0)
        // The list may grow between the two calls, for example when a card is put in.
        for _ in 0..<4 {
            var count: CK_ULONG = 0
            try check("C_GetSlotList", functions.C_GetSlotList!(present, nil, &count))
            guard count > 0 else { return [] }
            var identifiers = [CK_SLOT_ID](repeating: 0, count: Int(count))
            let answer = functions.C_GetSlotList!(present, &identifiers, &count)
            if ReturnValue(rawValue: answer) == .bufferTooSmall { continue }
            try check("C_GetSlotList", answer)
            return identifiers.prefix(Int(count)).map { Slot(module: self, identifier: $0) }
        }
        throw .call(function: "C_GetSlotList", answer: .bufferTooSmall)
    }
}

/// Turns everything but `CKR_OK` into an error that names the function.
@inline(__always)
func check(_ function: StaticString, _ answer: CK_RV) throws(PKCS11Error) {
    if answer != 0 {
        throw .call(function: String(describing: function), answer: ReturnValue(rawValue: answer))
    }
}
