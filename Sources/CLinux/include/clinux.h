// What Swift cannot call by itself: variadic system calls and structures hidden behind _GNU_SOURCE.
#ifndef INKAN_CLINUX_H
#define INKAN_CLINUX_H

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Who is at the other end of a Unix socket (SO_PEERCRED). Answers 0, or -1 with errno set.
int inkan_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid);

/// Accepts a connection; its descriptor is close-on-exec and non-blocking from the first moment on (accept4). Answers
/// the descriptor, or -1 with errno.
int inkan_accept(int listener);

/// Forbids core dumps and ptrace by other processes of the same user (PR_SET_DUMPABLE 0). Answers 0, or -1 with errno.
int inkan_forbid_dumps(void);

/// Asks the kernel to kill this process when its parent dies (PR_SET_PDEATHSIG). Answers 0, or -1 with errno.
int inkan_die_with_parent(void);

/// Sets O_CLOEXEC on or off. Answers 0, or -1 with errno.
int inkan_set_close_on_exec(int descriptor, int on);

/// Sets O_NONBLOCK on or off. Answers 0, or -1 with errno.
int inkan_set_nonblocking(int descriptor, int on);

/// The calling thread, and every thread and process that it starts, no longer interrupts a running thread when it wakes
/// up (SCHED_BATCH). Its share of the processor stays the same. Answers 0, or -1 with errno.
int inkan_let_others_first(void);

/// Names the calling thread as tools show it; at most 15 bytes are kept.
void inkan_set_thread_name(const char *name);

/// Overwrites memory in a way that the compiler may not leave out.
void inkan_wipe(void *bytes, size_t count);

/// Fills memory from the kernel's random generator (getrandom). Answers 0, or -1 with errno.
int inkan_random(void *bytes, size_t count);

/// Flushes the file system that a descriptor lies on (syncfs). Answers 0, or -1 with errno.
int inkan_sync_file_system(int descriptor);

/// Lets a spawned process inherit no descriptor from `lowest` up. Answers 0, or an error number.
int inkan_spawn_close_from(posix_spawn_file_actions_t *actions, int lowest);

#endif
