import Glibc

/// The system calls that each program needs, by what they are for. None of the lists has what no program of ours ever
/// does: ptrace and the memory of others, mount and namespaces, kernel modules, BPF, key rings, io_uring, userfaultfd,
/// clocks, raw input and output, and `socket` for anything that is not named.
enum SystemCalls {
    // Of <linux/sched.h>, <linux/prctl.h> and <asm-generic/ioctls.h>; Swift sees some of them not at all.
    private static let cloneThread = 0x0001_0000
    private static let prctlSetParentDeathSignal = 1
    private static let prctlGetDumpable = 3
    private static let prctlSetDumpable = 4
    private static let prctlSetName = 15
    private static let prctlGetName = 16
    private static let prctlGetSeccomp = 21
    private static let prctlCapabilityBound = 23
    private static let prctlSetNoNewPrivileges = 38
    private static let prctlGetNoNewPrivileges = 39
    private static let prctlAmbient = 47

    /// What every program with threads does: memory, locks, time, its own signals, random numbers, facts of itself.
    static var life: [SystemCallRule] {
        [
            .allow("brk munmap mremap madvise mlock mlock2 munlock msync mincore membarrier"),
            .allow("futex futex_waitv set_robust_list get_robust_list rseq sched_yield sched_getaffinity"),
            .allow("sched_getparam sched_getscheduler sched_setaffinity gettid"),
            // A thread, never a process. The structure of clone3 cannot be looked into, so the C library has to do without.
            .allow("clone", .argument(0, has: cloneThread)),
            .fail("clone3", ENOSYS),
            .allow("exit exit_group restart_syscall"),
            .allow("rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait rt_sigpending rt_sigsuspend sigaltstack"),
            // Signals to itself alone.
            .allow("tgkill kill rt_tgsigqueueinfo", .argument(0, is: Int(getpid()))),
            .allow("clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times"),
            .allow("getrandom getpid getppid getuid geteuid getgid getegid getgroups getresuid getresgid"),
            .allow("getpgrp getpgid getsid capget getrusage getrlimit sysinfo uname getcpu"),
            // A child that was made before.
            .allow("wait4"),
            // Limits are read, not set: the second structure of prlimit64 is the new limit.
            .allow("prlimit64", .argument(2, lacks: -1)),
            .allow("prctl", .argument(0, is: prctlSetName)),
            .allow("prctl", .argument(0, is: prctlGetName)),
            .allow("prctl", .argument(0, is: prctlGetDumpable)),
            .allow("prctl", .argument(0, is: prctlGetSeccomp)),
            .allow("prctl", .argument(0, is: prctlGetNoNewPrivileges)),
        ]
    }

    /// Memory that is never executed.
    static var memoryWithoutCode: [SystemCallRule] {
        [.allow("mmap mprotect", .argument(2, lacks: Int(PROT_EXEC)))]
    }

    /// Memory that is executed or written, never both: for those who load libraries.
    static var memoryWithLibraries: [SystemCallRule] {
        memoryWithoutCode + [.allow("mmap mprotect", .argument(2, lacks: Int(PROT_WRITE)))]
    }

    /// Files; which ones is Landlock's matter.
    static var files: [SystemCallRule] {
        [
            .allow("open openat creat close close_range read write readv writev pread64 pwrite64 preadv pwritev lseek"),
            .allow("stat lstat fstat newfstatat statx access faccessat faccessat2 statfs fstatfs getdents64 getcwd"),
            .allow("readlink readlinkat fcntl flock fsync fdatasync sync syncfs sync_file_range ftruncate truncate"),
            .allow("fallocate fadvise64 unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir umask"),
            .allow("chmod fchmod fchmodat chown fchown lchown fchownat utime utimes utimensat"),
            .allow(
                "dup dup2 dup3 pipe pipe2 poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait"
            ),
            .allow("eventfd2 timerfd_create timerfd_settime timerfd_gettime"),
            .allow("ioctl", .argument(1, is: Int(TCGETS))),
            .allow("ioctl", .argument(1, is: Int(FIONREAD))),
        ]
    }

    /// Sockets that are open already, and pairs of local ones.
    static var openSockets: [SystemCallRule] {
        [
            .allow("accept accept4 recvfrom recvmsg recvmmsg sendto sendmsg sendmmsg shutdown"),
            .allow("getsockopt setsockopt getsockname getpeername"),
            .allow("socketpair", .argument(0, is: Int(AF_UNIX))),
        ]
    }

    /// New local sockets, to daemons of this machine.
    static var localSockets: [SystemCallRule] {
        [.allow("socket", .argument(0, is: Int(AF_UNIX))), .allow("connect bind")]
    }

    /// New sockets to other machines, and the kernel's list of addresses that a name is looked up with.
    static var networkSockets: [SystemCallRule] {
        [AF_INET, AF_INET6, AF_NETLINK].map { .allow("socket", .argument(0, is: Int($0))) } + [.allow("connect bind")]
    }

    /// What vendors' modules do beyond that: shared memory, locks between processes, devices.
    static var modules: [SystemCallRule] {
        [
            .allow("shmget shmat shmdt shmctl semget semop semtimedop semctl memfd_create"),
            .allow("link linkat symlink symlinkat getxattr fgetxattr lgetxattr listxattr sendfile copy_file_range"),
            .allow("inotify_init1 inotify_add_watch inotify_rm_watch signalfd4 setitimer getitimer alarm pause"),
            .allow("timer_create timer_settime timer_gettime timer_delete timer_getoverrun personality"),
        ] + deviceControls
    }

    /// Every `ioctl` but those of terminals, whose second byte is “T”: another byte differs from it in one bit at least.
    /// Which devices can be opened is Landlock's matter.
    private static var deviceControls: [SystemCallRule] {
        let terminal = UInt64(UInt8(ascii: "T")) << 8
        return (8..<16).map { bit in
            let mask: UInt64 = 1 << UInt64(bit)
            return .allow("ioctl", SystemCallRule.Condition(argument: 1, mask: mask, value: ~terminal & mask))
        }
    }

    /// Starting other programs, waiting for them and ending them, and what those do until they confine themselves.
    static var spawning: [SystemCallRule] {
        [
            .allow("clone vfork fork execve wait4 waitid kill tgkill sched_setscheduler"),
            .allow("arch_prctl set_tid_address prlimit64 setrlimit capset seccomp"),
            .allow("landlock_create_ruleset landlock_add_rule landlock_restrict_self"),
            .allow("prctl", .argument(0, is: prctlSetDumpable)),
            .allow("prctl", .argument(0, is: prctlSetParentDeathSignal)),
            .allow("prctl", .argument(0, is: prctlSetNoNewPrivileges)),
            .allow("prctl", .argument(0, is: prctlAmbient)),
            .allow("prctl", .argument(0, is: prctlCapabilityBound)),
        ]
    }
}
