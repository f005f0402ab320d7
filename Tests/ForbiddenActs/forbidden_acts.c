#define _GNU_SOURCE
#include "forbidden_acts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int report_to;

static void say(const char *act, int code) {
    char line[80];
    int length = snprintf(line, sizeof line, "%s %d\n", act, code);
    if (write(report_to, line, (size_t)length) != length) _exit(99);
}

static void say_result(const char *act, long result) { say(act, result < 0 ? errno : 0); }

static void try_socket(const char *act, int family, int type, int protocol) {
    int made = socket(family, type, protocol);
    say_result(act, made);
    if (made >= 0) close(made);
}

static void try_open(const char *act, const char *path, int flags) {
    int opened = open(path, flags | O_CLOEXEC);
    say_result(act, opened);
    if (opened >= 0) close(opened);
}

// In a child where that can be had; where not, here, and then this process is gone if it works.
static void try_exec(void) {
    char *arguments[] = {"true", NULL};
    char *none[] = {NULL};
    pid_t child = fork();
    say_result("fork", child);
    if (child < 0) {
        say_result("exec", execve("/bin/true", arguments, none));
        return;
    }
    if (child == 0) {
        execve("/bin/true", arguments, none);
        _exit(errno);
    }
    int status = 0;
    if (waitpid(child, &status, 0) == child) say("exec", WIFEXITED(status) ? WEXITSTATUS(status) : 98);
}

static void try_files(const char *file, const char *folder) {
    try_open("read-foreign-file", file, O_RDONLY);
    try_open("write-foreign-file", file, O_WRONLY);
    try_open("list-foreign-folder", folder, O_RDONLY | O_DIRECTORY);
    char path[512];
    snprintf(path, sizeof path, "%s/forbidden-act-%d", folder, getpid());
    int made = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    say_result("make-foreign-file", made);
    if (made >= 0) {
        close(made);
        unlink(path);
    }
}

static void try_others(int victim) {
    say_result("ptrace", ptrace(PTRACE_SEIZE, victim, NULL, NULL));
    char byte;
    struct iovec here = {&byte, 1};
    struct iovec there = {(void *)0x1000, 1};
    say_result("read-foreign-memory", process_vm_readv(victim, &here, 1, &there, 1, 0));
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", victim);
    try_open("open-foreign-memory", path, O_RDONLY);
    // Signal 0 does nothing.
    say_result("signal", kill(victim, 0));
}

static void try_self(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    say("write-and-run-memory", page == MAP_FAILED ? errno : 0);
    if (page != MAP_FAILED) munmap(page, 4096);
    say_result("become-dumpable", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
    struct rlimit limit;
    say("set-limit", getrlimit(RLIMIT_NOFILE, &limit) != 0 || setrlimit(RLIMIT_NOFILE, &limit) != 0 ? errno : 0);
}

// Numbers of system calls, with arguments that can do no harm: the filter looks at the number first.
static void try_kernel(void) {
    say_result("mount", syscall(SYS_mount, NULL, NULL, NULL, 0, NULL));
    say_result("unshare", syscall(SYS_unshare, 0x40000000));
    say_result("setns", syscall(SYS_setns, -1, 0));
    say_result("bpf", syscall(SYS_bpf, -1, NULL, 0));
    say_result("add-key", syscall(SYS_add_key, "user", "inkan", "x", 1, -3));
    say_result("keyctl", syscall(SYS_keyctl, 0, -3, 0));
    say_result("userfaultfd", syscall(SYS_userfaultfd, -1));
    say_result("io-uring", syscall(SYS_io_uring_setup, 0, NULL));
    say_result("load-kernel-module", syscall(SYS_finit_module, -1, "", 0));
    say_result("perf", syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0));
    say_result("set-clock", syscall(SYS_clock_settime, 0, NULL));
    say_result("open-by-handle", syscall(SYS_open_by_handle_at, -1, NULL, 0));
    say_result("chroot", syscall(SYS_chroot, NULL));
    say_result("become-other-user", syscall(SYS_setuid, getuid()));
}

void inkan_try_forbidden_acts(int report, const char *foreign_file, const char *foreign_folder, int victim) {
    report_to = report;
    try_socket("internet-socket", AF_INET, SOCK_STREAM, 0);
    try_socket("internet-6-socket", AF_INET6, SOCK_DGRAM, 0);
    try_socket("netlink-socket", AF_NETLINK, SOCK_RAW, 0);
    try_socket("packet-socket", AF_PACKET, SOCK_RAW, 0);
    try_socket("local-socket", AF_UNIX, SOCK_STREAM, 0);
    try_files(foreign_file, foreign_folder);
    try_others(victim);
    try_self();
    try_kernel();
    try_exec();
    say("end", 0);
}
