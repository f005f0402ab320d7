internal import CSeccomp
import Glibc

/// A system call that is allowed, or answered with another error than the usual one.
struct SystemCallRule: Sendable {
    /// A condition on one argument: its bits under the mask have this value.
    struct Condition: Sendable {
        let argument: UInt32
        let mask: UInt64
        let value: UInt64
    }

    enum Answer: Sendable {
        case allow
        case fail(Int32)
    }

    let names: [String]
    var conditions: [Condition] = []
    var answer = Answer.allow

    static func allow(_ names: String) -> SystemCallRule {
        SystemCallRule(names: names.split(separator: " ").map(String.init))
    }

    static func allow(_ names: String, _ conditions: Condition...) -> SystemCallRule {
        SystemCallRule(names: names.split(separator: " ").map(String.init), conditions: conditions)
    }

    static func fail(_ names: String, _ code: Int32) -> SystemCallRule {
        SystemCallRule(names: names.split(separator: " ").map(String.init), answer: .fail(code))
    }
}

extension SystemCallRule.Condition {
    /// An `int`: the kernel looks at its 32 bits, whatever stands above them.
    static func argument(_ number: UInt32, is value: Int) -> Self {
        Self(argument: number, mask: 0xffff_ffff, value: UInt64(UInt32(truncatingIfNeeded: value)))
    }

    static func argument(_ number: UInt32, has bits: Int) -> Self {
        Self(argument: number, mask: UInt64(bitPattern: Int64(bits)), value: UInt64(bitPattern: Int64(bits)))
    }

    /// All bits are lacking in a null pointer alone.
    static func argument(_ number: UInt32, lacks bits: Int) -> Self {
        Self(argument: number, mask: UInt64(bitPattern: Int64(bits)), value: 0)
    }
}

/// An allow-list of system calls, put up by libseccomp for every thread of the process and all that comes out of it.
/// Whatever is not on the list answers EPERM.
struct SystemCallFence {
    let rules: [SystemCallRule]

    func putUp() throws(ConfinementError) {
        guard let filter = seccomp_init(inkan_answer_errno(UInt16(EPERM))) else {
            throw ConfinementError("libseccomp makes no filter", ENOMEM)
        }
        defer { seccomp_release(filter) }
        // All threads at once, and a search in the filter that halves at each step.
        for (attribute, value) in [(SCMP_FLTATR_CTL_TSYNC, UInt32(1)), (SCMP_FLTATR_CTL_OPTIMIZE, 2)] {
            let result = seccomp_attr_set(filter, attribute, value)
            guard result == 0 else { throw ConfinementError("libseccomp does not take an attribute", -result) }
        }
        for rule in rules { for name in rule.names { try add(name, rule, to: filter) } }
        let result = seccomp_load(filter)
        guard result == 0 else { throw ConfinementError("the kernel does not take the system call filter", -result) }
    }

    private func add(_ name: String, _ rule: SystemCallRule, to filter: scmp_filter_ctx) throws(ConfinementError) {
        let number = seccomp_syscall_resolve_name(name)
        guard number != inkan_unknown_system_call else {
            throw ConfinementError("libseccomp does not know the system call \(name)", ENOSYS)
        }
        let action =
            switch rule.answer {
            case .allow: UInt32(SCMP_ACT_ALLOW)
            case .fail(let code): inkan_answer_errno(UInt16(code))
            }
        let comparisons = rule.conditions.map {
            scmp_arg_cmp(arg: $0.argument, op: SCMP_CMP_MASKED_EQ, datum_a: $0.mask, datum_b: $0.value)
        }
        let result = seccomp_rule_add_array(filter, action, number, UInt32(comparisons.count), comparisons)
        // A rule that another one covers is no error.
        guard result == 0 || result == -EEXIST else {
            throw ConfinementError("libseccomp refuses the rule for \(name)", -result)
        }
    }
}
