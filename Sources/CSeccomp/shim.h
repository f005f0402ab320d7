// libseccomp, with what it has as macros.
#ifndef INKAN_CSECCOMP_H
#define INKAN_CSECCOMP_H

#include <seccomp.h>

/// The answer to a system call that is not allowed: this errno.
static inline uint32_t inkan_answer_errno(uint16_t code) { return SCMP_ACT_ERRNO(code); }

/// What `seccomp_syscall_resolve_name` answers for a name that the library does not know.
static const int inkan_unknown_system_call = __NR_SCMP_ERROR;

#endif
