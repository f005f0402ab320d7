// What a process gives up about itself, and descriptors that go from process to process.
#ifndef INKAN_CONFINEMENT_H
#define INKAN_CONFINEMENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// No program that this process starts gets more rights than it has (PR_SET_NO_NEW_PRIVS). Answers 0, or -1 with errno.
int inkan_forbid_new_privileges(void);

/// Gives up every capability for good: effective, permitted, inheritable and ambient. Answers 0, or -1 with errno.
int inkan_drop_capabilities(void);

/// The version of the kernel's Landlock interface, or 0 where it has none.
int inkan_landlock_version(void);

/// Begins a Landlock rule set that governs these rights. Answers its descriptor, or -1 with errno.
int inkan_landlock_begin(uint64_t file_rights, uint64_t network_rights, uint64_t scopes);

/// Opens a file or folder as a place that rules can name, and for nothing else (O_PATH). Answers its descriptor, or -1
/// with errno.
int inkan_open_place(const char *path);

/// Grants rights below a place. Answers 0, or -1 with errno.
int inkan_landlock_grant(int rules, int place, uint64_t file_rights);

/// Puts the calling thread, and all that comes out of it, under the rules. Answers 0, or -1 with errno.
int inkan_landlock_enforce(int rules);

/// What the kernel says of the calling thread: PR_GET_NO_NEW_PRIVS, PR_GET_DUMPABLE, PR_GET_SECCOMP. -1 with errno where
/// it says nothing.
int inkan_has_no_new_privileges(void);
int inkan_is_dumpable(void);
int inkan_seccomp_mode(void);

/// Whether this process can leave a core dump (the hard limit of RLIMIT_CORE); -1 with errno.
int inkan_may_dump_core(void);

/// Whether the calling thread has any capability in its effective or permitted set; -1 with errno.
int inkan_has_capabilities(void);

/// Calls `body` with the path of each shared library that this process has loaded.
void inkan_each_library(void (*body)(const char *path, void *context), void *context);

/// Sends one packet with open descriptors. Answers the number of bytes, or -1 with errno.
ssize_t inkan_send_descriptors(int socket, const void *bytes, size_t count, const int *descriptors, int descriptor_count);

/// Receives one packet and at most `most` descriptors, which are close-on-exec. `received` becomes their number. Answers
/// the number of bytes (0 at the end of the conversation), or -1 with errno; EMSGSIZE when something was cut off.
ssize_t inkan_receive_descriptors(int socket, void *bytes, size_t count, int *descriptors, int most, int *received);

#endif
