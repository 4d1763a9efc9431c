/* Faults of the disk, on demand: the N-th change below a folder fails, or ends the process.
 *
 * Loaded by LD_PRELOAD. Only calls that change something below the armed folder are counted:
 * opening for writing, write, fsync, rename, link, unlink, mkdir and chmod. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static char folder[PATH_MAX];
static long remaining = -1, counted;
static int failure;
static char only[16];

/* after: which change is hit, from 1; 0 counts alone. error: errno, or 0 for SIGKILL. */
void disk_arm(const char *below, long after, int error, const char *call) {
    snprintf(folder, sizeof folder, "%s", below);
    snprintf(only, sizeof only, "%s", call);
    remaining = after;
    failure = error;
    counted = 0;
}

long disk_disarm(void) {
    remaining = -1;
    return counted;
}

static int hit(const char *call, const char *path) {
    if (remaining < 0 || path == NULL || strncmp(path, folder, strlen(folder)) != 0) return 0;
    if (only[0] != 0 && strcmp(only, call) != 0) return 0;
    counted++;
    if (remaining == 0 || counted != remaining) return 0;
    if (failure == 0) kill(getpid(), SIGKILL);
    errno = failure;
    return 1;
}

static int hit_fd(const char *call, int fd) {
    char link[64], path[PATH_MAX];
    if (remaining < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return hit(call, path);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;
}

#define OPEN(name)                                                          \
    int name(const char *path, int flags, ...) {                            \
        va_list rest;                                                       \
        va_start(rest, flags);                                              \
        int mode = mode_of(flags, rest);                                    \
        va_end(rest);                                                       \
        if ((flags & O_ACCMODE) != O_RDONLY && hit("open", path)) return -1; \
        return NEXT(name)(path, flags, mode);                               \
    }
OPEN(open)
OPEN(open64)

ssize_t write(int fd, const void *data, size_t size) {
    return hit_fd("write", fd) ? -1 : NEXT(write)(fd, data, size);
}
int fsync(int fd) { return hit_fd("fsync", fd) ? -1 : NEXT(fsync)(fd); }
int rename(const char *from, const char *to) { return hit("rename", to) ? -1 : NEXT(rename)(from, to); }
int link(const char *from, const char *to) { return hit("link", to) ? -1 : NEXT(link)(from, to); }
int linkat(int a, const char *from, int b, const char *to, int flags) {
    return hit("link", to) ? -1 : NEXT(linkat)(a, from, b, to, flags);
}
int unlink(const char *path) { return hit("unlink", path) ? -1 : NEXT(unlink)(path); }
int mkdir(const char *path, mode_t mode) { return hit("mkdir", path) ? -1 : NEXT(mkdir)(path, mode); }
int fchmod(int fd, mode_t mode) { return hit_fd("chmod", fd) ? -1 : NEXT(fchmod)(fd, mode); }
int chmod(const char *path, mode_t mode) { return hit("chmod", path) ? -1 : NEXT(chmod)(path, mode); }
