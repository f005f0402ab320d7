#define _GNU_SOURCE
#include "confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int inkan_forbid_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int inkan_drop_capabilities(void) {
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return -1;
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    return (int)syscall(SYS_capset, &header, none);
}

int inkan_has_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    if (syscall(SYS_capget, &header, sets) != 0) return -1;
    return (sets[0].effective | sets[1].effective | sets[0].permitted | sets[1].permitted) != 0;
}

int inkan_may_dump_core(void) {
    struct rlimit core;
    if (getrlimit(RLIMIT_CORE, &core) != 0) return -1;
    return core.rlim_max > 0;
}

int inkan_has_no_new_privileges(void) { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); }
int inkan_is_dumpable(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }
int inkan_seccomp_mode(void) { return prctl(PR_GET_SECCOMP, 0, 0, 0, 0); }

// The C library's headers may be older than the kernel, so the structures stand here as the kernel reads them.
struct landlock_rules {
    uint64_t file_rights;
    uint64_t network_rights;
    uint64_t scopes;
};

struct landlock_place {
    uint64_t file_rights;
    int32_t place;
} __attribute__((packed));

enum { LANDLOCK_VERSION = 1, LANDLOCK_PLACE = 1 };

int inkan_landlock_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
    return version < 0 ? 0 : (int)version;
}

int inkan_landlock_begin(uint64_t file_rights, uint64_t network_rights, uint64_t scopes) {
    struct landlock_rules rules = {file_rights, network_rights, scopes};
    // An older kernel takes a shorter structure, as long as what it does not know is not asked for.
    size_t size = scopes ? sizeof rules : network_rights ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    return (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
}

int inkan_open_place(const char *path) { return open(path, O_PATH | O_CLOEXEC); }

int inkan_landlock_grant(int rules, int place, uint64_t file_rights) {
    struct landlock_place granted = {file_rights, place};
    return (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_PLACE, &granted, 0);
}

int inkan_landlock_enforce(int rules) { return (int)syscall(SYS_landlock_restrict_self, rules, 0); }

struct visit {
    void (*body)(const char *path, void *context);
    void *context;
};

static int visit_library(struct dl_phdr_info *library, size_t size, void *argument) {
    (void)size;
    const struct visit *visit = argument;
    // The program itself has no name here, and the kernel's own library no file.
    if (library->dlpi_name && library->dlpi_name[0] == '/') visit->body(library->dlpi_name, visit->context);
    return 0;
}

void inkan_each_library(void (*body)(const char *path, void *context), void *context) {
    struct visit visit = {body, context};
    dl_iterate_phdr(visit_library, &visit);
}

enum { MOST_DESCRIPTORS = 4 };

ssize_t inkan_send_descriptors(int socket, const void *bytes, size_t count, const int *descriptors,
                               int descriptor_count) {
    if (descriptor_count < 0 || descriptor_count > MOST_DESCRIPTORS) {
        errno = EINVAL;
        return -1;
    }
    union {
        struct cmsghdr aligned;
        char bytes[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {(void *)bytes, count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor_count > 0) {
        size_t length = (size_t)descriptor_count * sizeof(int);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(length);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(length);
        memcpy(CMSG_DATA(header), descriptors, length);
    }
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent;
}

ssize_t inkan_receive_descriptors(int socket, void *bytes, size_t count, int *descriptors, int most, int *received) {
    union {
        struct cmsghdr aligned;
        char bytes[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))];
    } control;
    struct iovec part = {bytes, count};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    *received = 0;
    ssize_t got;
    do got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t length = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < length; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof descriptor);
            if (*received < most) {
                descriptors[(*received)++] = descriptor;
            } else {
                close(descriptor);
                message.msg_flags |= MSG_CTRUNC;
            }
        }
    }
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        while (*received > 0) close(descriptors[--*received]);
        errno = EMSGSIZE;
        return -1;
    }
    return got;
}
