#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

int inkan_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid) {
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return -1;
    *pid = credentials.pid;
    *uid = credentials.uid;
    *gid = credentials.gid;
    return 0;
}

int inkan_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int inkan_forbid_dumps(void) {
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return -1;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int inkan_die_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

static int set_flag(int descriptor, int get, int set, int flag, int on) {
    int flags = fcntl(descriptor, get);
    if (flags < 0) return -1;
    return fcntl(descriptor, set, on ? flags | flag : flags & ~flag);
}

int inkan_set_close_on_exec(int descriptor, int on) {
    return set_flag(descriptor, F_GETFD, F_SETFD, FD_CLOEXEC, on);
}

int inkan_set_nonblocking(int descriptor, int on) {
    return set_flag(descriptor, F_GETFL, F_SETFL, O_NONBLOCK, on);
}

int inkan_let_others_first(void) {
    struct sched_param none = {0};
    return sched_setscheduler(0, SCHED_BATCH, &none);
}

void inkan_set_thread_name(const char *name) {
    char kept[16];
    strncpy(kept, name, sizeof kept - 1);
    kept[sizeof kept - 1] = 0;
    pthread_setname_np(pthread_self(), kept);
}

void inkan_wipe(void *bytes, size_t count) { explicit_bzero(bytes, count); }

int inkan_random(void *bytes, size_t count) {
    unsigned char *place = bytes;
    while (count > 0) {
        ssize_t got = getrandom(place, count, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        place += got;
        count -= (size_t)got;
    }
    return 0;
}

int inkan_sync_file_system(int descriptor) { return syncfs(descriptor); }

int inkan_spawn_close_from(posix_spawn_file_actions_t *actions, int lowest) {
    return posix_spawn_file_actions_addclosefrom_np(actions, lowest);
}
