// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// The same with imports that stay inside their file's room, unless they say otherwise.
let strictImports: [SwiftSetting] = strict + [.enableUpcomingFeature("InternalImportsByDefault")]

let bigInt = Target.Dependency.product(name: "BigInt", package: "BigInt")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// A room of ours: Swift 6, warnings are errors.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A room of the office.
func officeRoom(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strictImports)
}

/// A program: settings, wiring, run.
func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The walks through pages, which the tests run by their path.
let browserPrograms = [
    "authority.py", "browser.py", "greeter.py", "importers.py", "login.py", "office.py", "outside.py", "person.py",
    "pickup.py", "pickup_site.py", "sample-en.html", "sample-ja.html", "sample.py", "story.py",
]

let package = Package(
    name: "inkan",
    products: [
        .executable(name: "inkan-signerd", targets: ["inkan-signerd"]),
        .executable(name: "inkan-frontd", targets: ["inkan-frontd"]),
        .executable(name: "inkan-tokend", targets: ["inkan-tokend"]),
        .executable(name: "inkan", targets: ["inkan"]),
        .executable(name: "inkan-bench", targets: ["inkan-bench"]),
        .executable(name: "inkan-office-bench", targets: ["inkan-office-bench"]),
        // A PKCS#11 module that fails on order, for the tests.
        .library(name: "InkanFaultModule", type: .dynamic, targets: ["FaultModule"]),
        // Ends a program at a chosen system call, for the tests.
        .library(name: "InkanKillPoints", type: .dynamic, targets: ["KillPoints"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // The office's web server and pages.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.31.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // For tests alone: another implementation of long arithmetic to compare ours with.
        .package(url: "https://github.com/attaswift/BigInt", exact: "6.0.1"),
    ],
    targets: [
        .systemLibrary(name: "CPKCS11", pkgConfig: "p11-kit-1", providers: [.apt(["libp11-kit-dev"])]),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CAres", pkgConfig: "libcares", providers: [.apt(["libc-ares-dev"])]),
        .target(name: "CLinux"),
        .target(name: "CFixedPoint", linkerSettings: [.linkedLibrary("crypto")]),
        .target(
            name: "CTokenProof",
            linkerSettings: [.linkedLibrary("p11"), .linkedLibrary("ssl"), .linkedLibrary("crypto")]
        ),

        room("Clocks"),
        room("TextForms"),
        room("Threads", ["CLinux"]),
        room("Confinement", ["CLinux", "CSeccomp"]),
        room("OpenMetrics"),
        room("StrictYAML", [yams]),
        room("Secrets", ["CLinux"]),
        room("LibCryptoStart", ["COpenSSL", "CLinux"]),
        room("PKCS12", ["COpenSSL", "LibCryptoStart", "CLinux", "Secrets"]),
        room("Varlink", ["CLinux", "Threads", "Secrets", "TextForms"]),
        room("X509Building", ["Clocks", "TextForms", "CFixedPoint", "LibCryptoStart", crypto, cryptoExtras]),
        room("Policy", ["X509Building", "StrictYAML", "TextForms", "Clocks", crypto]),
        room("PKCS11", ["CPKCS11", "Secrets"]),
        room("Tokens", ["CLinux", "Clocks", "TextForms", "Threads", "Secrets", "StrictYAML", crypto, deque]),
        room("Ledger", ["Clocks", "TextForms", "Threads", grdb, crypto]),
        room(
            "Issuance",
            [
                "Threads", "TextForms", "Policy", "X509Building", "Ledger", "Tokens", "Clocks", "PKCS12", "Secrets",
                "CLinux", "OpenMetrics", deque, crypto,
            ]
        ),
        officeRoom("Office", ["Clocks"]),
        officeRoom("OfficeStore", ["Office", "Clocks", "TextForms", grdb]),
        officeRoom(
            "OfficeServices",
            [
                "Office", "OfficeStore", "OfficeDNS", "OfficeMail", "OfficePages", "SignerClient", "SignerAPI",
                "Varlink", "Clocks", "TextForms", "Threads", "Secrets", crypto, cryptoExtras,
            ]
        ),
        officeRoom(
            "OfficeWeb",
            [
                "Office", "OfficeMail", "OfficeStore", "OfficeServices", "Clocks", "TextForms", hummingbird,
                hummingbirdCore, hummingbirdTLS,
                nioSSL, nioCore, nioHTTPTypes, httpTypes, crypto, lifecycle, logging,
            ],
            resources: [.copy("Templates"), .copy("Static")]
        ),
        .target(
            name: "SignerAPI",
            dependencies: ["Varlink", "TextForms"],
            resources: [
                .embedInCode("io.inkan.Signer.varlink"), .embedInCode("io.inkan.Officer.varlink"),
                .embedInCode("io.inkan.TokenStation.varlink"),
                .embedInCode("io.inkan.Ledger.varlink"),
            ],
            swiftSettings: strict
        ),
        room(
            "SignerService",
            [
                "TextForms", "SignerAPI", "Issuance", "Policy", "X509Building", "Ledger", "Tokens", "Varlink",
                "StrictYAML", "Secrets", "Confinement", "OpenMetrics", "PKCS12", "Clocks", "Threads", "CLinux", crypto,
            ]
        ),
        room("SignerClient", ["SignerAPI", "Varlink", "TextForms"]),
        room("TokenProof", ["CTokenProof", "Secrets"]),
        room(
            "Ceremony",
            [
                "Issuance", "Policy", "X509Building", "Ledger", "Tokens", "Threads", "StrictYAML", "TextForms",
                "Varlink", "Clocks", crypto,
            ]
        ),
        room("Workbench", ["SignerClient", "Threads", "Tokens", "Secrets", "Ledger", crypto]),
        // The office's ways to the world: mail, names, pages.
        room("Curl", ["CCurl", "CLinux"]),
        room("OfficeMail", ["Curl", "Clocks", "Threads", "Secrets"]),
        room("OfficeDNS", ["CAres", "Clocks", "Threads"]),
        room("OfficePages", ["Curl", "OfficeDNS", "Clocks", "Threads"]),

        program(
            "inkan-tokend",
            ["PKCS11", "Tokens", "TextForms", "Threads", "Secrets", "Clocks", "Confinement", "CLinux", crypto]
        ),
        officeRoom(
            "OfficeFront",
            [
                "Office", "OfficeMail", "OfficeStore", "OfficeDNS", "OfficePages", "OfficeServices", "OfficeWeb",
                "Clocks",
                "Secrets", "StrictYAML", lifecycle, logging,
            ]
        ),
        .executableTarget(
            name: "inkan-frontd",
            dependencies: [
                "OfficeFront", "Office", "OfficeServices", "OfficeWeb", "Clocks", "Secrets", lifecycle, logging,
                arguments,
            ],
            swiftSettings: strictImports
        ),
        // The office with a clock that tests move.
        .executableTarget(
            name: "inkan-office-stage",
            dependencies: ["OfficeFront", "OfficeServices", "Clocks", lifecycle, logging],
            path: "Tests/OfficeStage",
            swiftSettings: strictImports
        ),
        program("inkan-signerd", ["SignerService", "Tokens", "Varlink", "Clocks", "CLinux", arguments]),
        program(
            "inkan",
            [
                "SignerService", "SignerClient", "SignerAPI", "Varlink", "Ceremony", "Issuance", "Policy",
                "X509Building", "Ledger", "Tokens", "TokenProof", "Workbench", "TextForms", "Clocks", "Threads",
                "CLinux", "Secrets", arguments,
            ]
        ),
        program(
            "inkan-bench",
            [
                "SignerClient", "SignerAPI", "Threads", "Workbench", "PKCS11", "X509Building", "Secrets", "Clocks",
                "Ledger", "Issuance", "Tokens", "PKCS12", "Varlink", crypto, arguments,
            ]
        ),
        // Measures the office from outside, and fills its database through its own records.
        program(
            "inkan-office-bench",
            ["Office", "OfficeStore", "OfficeServices", "Workbench", "CCurl", "Clocks", "TextForms", "Threads"]
                + [crypto, arguments]
        ),

        tests(
            "PolicyTests",
            ["Policy", "X509Building", "StrictYAML", "Clocks", crypto, cryptoExtras, bigInt]
        ),
        tests("StrictYAMLTests", ["StrictYAML"]),
        .target(name: "ForbiddenActs", path: "Tests/ForbiddenActs"),
        .executableTarget(
            name: "inkan-confinement-probe",
            dependencies: ["ForbiddenActs", "Confinement", "SignerService", "CLinux"],
            path: "Tests/ConfinementProbe",
            swiftSettings: strict
        ),
        .target(name: "FaultModule", dependencies: ["CPKCS11", "ForbiddenActs"], path: "Tests/FaultModule"),
        .target(name: "KillPoints", path: "Tests/KillPoints"),
        tests("PKCS11Tests", ["PKCS11", crypto]),
        tests(
            "TokensTests",
            [
                "Tokens", "PKCS11", "Secrets", "Clocks", "Threads", "inkan-tokend", "FaultModule", crypto,
                cryptoExtras,
            ]
        ),
        tests(
            "ApplianceTests",
            [
                "inkan", "inkan-signerd", "inkan-tokend", "inkan-confinement-probe", "FaultModule", "Workbench",
                "SignerClient", "SignerAPI", "Varlink", "Threads", "Clocks",
            ]
        ),
        tests(
            "ModulesTests",
            ["inkan", "inkan-signerd", "inkan-tokend", "Workbench", "SignerClient", "SignerAPI", "Varlink"]
        ),
        .testTarget(
            name: "OfficeTests",
            dependencies: [
                "inkan-office-stage", "inkan-frontd", "inkan", "inkan-signerd", "inkan-tokend", "Workbench",
                "SignerClient", "SignerAPI", "Office", "OfficeStore", "OfficeMail", "OfficeServices", "OfficeFront",
                "Clocks", "Threads", "Secrets", grdb,
            ],
            exclude: ["Browser", "Store/bodies-5.json", "Injection/injection.py"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "OfficeBrowserTests",
            dependencies: [
                "inkan-office-stage", "inkan-frontd", "inkan", "inkan-signerd", "inkan-tokend", "Workbench",
            ],
            path: "Tests/OfficeTests/Browser",
            exclude: browserPrograms,
            swiftSettings: strict
        ),
        tests("OfficeStoreTests", ["OfficeStore", "Office", "Clocks", "Workbench", grdb]),
        tests("OfficeWebTests", ["OfficeWeb"]),
        tests("OfficeRulesTests", ["Office", "Clocks"]),
        tests("PKCS12Tests", ["PKCS12", "Secrets"]),
        tests("IssuanceTests", ["Issuance", "Ledger", "Policy", "Clocks", "Threads"]),
        tests(
            "OfficeAdaptersTests",
            ["OfficeMail", "OfficeDNS", "OfficePages", "Workbench", "Secrets", "Clocks", "CLinux"]
        ),
        tests("LedgerTests", ["Ledger", "Clocks", "TextForms", "Threads", grdb, crypto]),
        tests("TextFormsTests", ["TextForms"]),
        tests("ThreadsTests", ["Threads"]),
        tests("VarlinkTests", ["Varlink", "Threads", "Secrets"]),
        tests(
            "X509BuildingTests",
            ["X509Building", "Workbench", "Clocks", asn1, crypto, cryptoExtras, bigInt]
        ),
    ],
    swiftLanguageModes: [.v6]
)
