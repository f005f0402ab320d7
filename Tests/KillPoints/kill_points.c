// Preloaded before a program's libraries, ends the program at a chosen system call, as a power cut would: the same call
// every time, whichever thread comes to it.
//
// INKAN_KILL_BOARD names a file of 32-bit numbers that a test and the program share:
//
//     0 armed      calls count, and can end the program, while this is not 0
//     1 call       which one ends it (the numbers of `call` below)
//     2 number     at the how-manieth of them, from 1 on
//     3 moment     1 before the call, 2 after it, 3 when half of the bytes are written
//     4 mail port  connections to this port are those to the mail server
//     5 ended      written before the end
//     8 …          how many calls there were since the board was armed, by their number

#define _GNU_SOURCE
#include "kill_points.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// flush, write: of the database. ask, answer: to and from the appliance. mail_said, mail_heard: to and from the mail
// server. reply: to a browser.
enum call { FLUSH, WRITE, ASK, ANSWER, MAIL_SAID, MAIL_HEARD, REPLY, CALLS, NONE };
enum moment { NEVER, BEFORE, AFTER, HALF };

struct board {
    _Atomic int32_t armed, call, number, moment, mail_port, ended, unused[2];
    _Atomic int32_t counts[CALLS];
};

static struct board *board;

__attribute__((constructor)) static void open_board(void) {
    const char *path = getenv("INKAN_KILL_BOARD");
    if (!path) return;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *shared = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (shared != MAP_FAILED) board = shared;
}

static int is_armed(void) { return board && atomic_load(&board->armed); }

static enum moment count(enum call call) {
    if (call == NONE || !is_armed()) return NEVER;
    int number = atomic_fetch_add(&board->counts[call], 1) + 1;
    int is_it = (int)call == atomic_load(&board->call) && number == atomic_load(&board->number);
    return is_it ? (enum moment)atomic_load(&board->moment) : NEVER;
}

static void end_if(int is_now) {
    if (!is_now) return;
    atomic_store(&board->ended, 1);
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static enum call call_on(int descriptor, int is_sent) {
    if (!is_armed()) return NONE;
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    if (getpeername(descriptor, (struct sockaddr *)&peer, &length) != 0) return NONE;
    if (peer.ss_family == AF_UNIX) return is_sent ? ASK : ANSWER;
    if (peer.ss_family != AF_INET) return NONE;
    int port = ntohs(((struct sockaddr_in *)&peer)->sin_port);
    if (port == atomic_load(&board->mail_port)) return is_sent ? MAIL_SAID : MAIL_HEARD;
    return is_sent ? REPLY : NONE;
}

// What comes in counts once it is there.
static ssize_t received(int descriptor, ssize_t size) {
    if (size > 0) end_if(count(call_on(descriptor, 0)) == AFTER);
    return size;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset) {
    enum moment moment = count(is_armed() ? WRITE : NONE);
    end_if(moment == BEFORE);
    ssize_t written = syscall(SYS_pwrite64, descriptor, bytes, moment == HALF ? size / 2 : size, offset);
    end_if(moment != NEVER);
    return written;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
    return pwrite64(descriptor, bytes, size, offset);
}

static int flush(long number, int descriptor) {
    enum moment moment = count(is_armed() ? FLUSH : NONE);
    end_if(moment == BEFORE);
    int result = (int)syscall(number, descriptor);
    end_if(moment != NEVER);
    return result;
}

int fdatasync(int descriptor) { return flush(SYS_fdatasync, descriptor); }

int fsync(int descriptor) { return flush(SYS_fsync, descriptor); }

ssize_t sendto(
    int descriptor, const void *bytes, size_t size, int flags, const struct sockaddr *to, socklen_t length) {
    enum moment moment = count(call_on(descriptor, 1));
    end_if(moment == BEFORE);
    ssize_t sent = syscall(SYS_sendto, descriptor, bytes, moment == HALF ? size / 2 : size, flags, to, length);
    end_if(moment != NEVER);
    return sent;
}

ssize_t send(int descriptor, const void *bytes, size_t size, int flags) {
    return sendto(descriptor, bytes, size, flags, NULL, 0);
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
    enum moment moment = count(call_on(descriptor, 1));
    end_if(moment == BEFORE);
    ssize_t sent = syscall(SYS_write, descriptor, bytes, moment == HALF ? size / 2 : size);
    end_if(moment != NEVER);
    return sent;
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
    enum moment moment = count(call_on(descriptor, 1));
    end_if(moment == BEFORE);
    ssize_t sent = syscall(SYS_sendmsg, descriptor, message, flags);
    end_if(moment != NEVER);
    return sent;
}

ssize_t writev(int descriptor, const struct iovec *parts, int count_of_parts) {
    enum moment moment = count(call_on(descriptor, 1));
    end_if(moment == BEFORE);
    ssize_t sent = syscall(SYS_writev, descriptor, parts, count_of_parts);
    end_if(moment != NEVER);
    return sent;
}

ssize_t recvfrom(
    int descriptor, void *bytes, size_t size, int flags, struct sockaddr *from, socklen_t *length) {
    return received(descriptor, syscall(SYS_recvfrom, descriptor, bytes, size, flags, from, length));
}

ssize_t recv(int descriptor, void *bytes, size_t size, int flags) {
    return recvfrom(descriptor, bytes, size, flags, NULL, NULL);
}

ssize_t read(int descriptor, void *bytes, size_t size) {
    return received(descriptor, syscall(SYS_read, descriptor, bytes, size));
}
