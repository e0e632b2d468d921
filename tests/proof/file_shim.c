/* Between a process and its disk and clock (LD_PRELOAD): writes down every change below a folder, fails the n-th, and
 * moves the wall clock. Compiled when a proof runs; tests/proof/shim.py speaks to it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { CREATE = 1, WRITE = 2, SYNC = 4, TRUNCATE = 8, UNLINK = 16, RENAME = 32, MARK = 64, SYNC_FOLDER = 128 };
struct record { uint32_t op, path; uint64_t data, ino, at; };

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static const char *watched;
static size_t watched_len;
static int log_fd = -1;
static uint64_t inodes[4096];
static long seen, fail_at, fail_kinds, failed;
static int fail_errno, sticky;
static volatile int64_t shift_s;

static void ready(void) {
    static int done;
    if (done) return;
    done = 1;
    watched = getenv("SHIM_WATCH");
    watched_len = watched ? strlen(watched) : 0;
    const char *file = getenv("SHIM_LOG");
    if (file) log_fd = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const char *by = getenv("SHIM_CLOCK_S");
    if (by) shift_s = atoll(by);
}
__attribute__((constructor)) static void begin(void) { ready(); }

static int ours(const char *path) {
    ready();
    if (!watched || !path || strncmp(path, watched, watched_len)) return 0;
    size_t n = strlen(path);
    return n < 4 || strcmp(path + n - 4, "-shm");
}
static int known(uint64_t ino) { return inodes[ino % 4096] == ino; }
static uint64_t inode(int fd) {
    struct stat st;
    if (!watched || fd < 0 || fd == log_fd || fstat(fd, &st)) return 0;
    return known(st.st_ino) ? st.st_ino : 0;
}
static void put(const void *what, size_t size) {
    const char *at = what;
    while (size) {
        ssize_t n = syscall(SYS_write, log_fd, at, size);
        if (n <= 0) abort();
        at += n; size -= n;
    }
}
static void note(uint32_t op, uint64_t ino, uint64_t at, const char *path, const void *data, size_t size) {
    if (log_fd < 0) return;
    struct record r = { op, path ? strlen(path) : 0, size, ino, at };
    put(&r, sizeof r);
    if (path) put(path, r.path);
    if (size) put(data, size);
}
/* Whether this change is the one that fails; counts those of the kinds that may. */
static int fails(int kind) {
    if (!fail_at || !(kind & fail_kinds)) return 0;
    seen++;
    if (seen < fail_at || (seen > fail_at && !sticky)) return 0;
    failed++;
    errno = fail_errno;
    return 1;
}
#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)
#define IN pthread_mutex_lock(&lock)
#define OUT { int kept = errno; pthread_mutex_unlock(&lock); errno = kept; }

void shim_mark(const char *text) { IN; note(MARK, 0, 0, NULL, text, strlen(text)); OUT }
void shim_arm(long at, int number, int kinds, int stays) {
    IN; seen = failed = 0; fail_at = at; fail_errno = number; fail_kinds = kinds; sticky = stays; OUT
}
void shim_watch(const char *folder) {
    IN; watched = strdup(folder); watched_len = strlen(watched); memset(inodes, 0, sizeof inodes); OUT
}
long shim_seen(void) { return seen; }
long shim_failed(void) { return failed; }
void shim_clock(long long seconds) { shift_s = seconds; }

static int opened(int fd, const char *path, int flags, int was) {
    struct stat st;
    if (fd >= 0 && !fstat(fd, &st)) {
        inodes[st.st_ino % 4096] = st.st_ino;
        if (!was && (flags & O_CREAT)) note(CREATE, st.st_ino, 0, path, NULL, 0);
        else if (flags & O_TRUNC) note(TRUNCATE, st.st_ino, 0, NULL, NULL, 0);
    }
    return fd;
}
static int open_at(int folder, const char *path, int flags, int mode) {
    if (!ours(path)) return syscall(SYS_openat, folder, path, flags, mode);
    IN;
    struct stat st;
    int was = !stat(path, &st), fd = -1;
    if (was || !(flags & O_CREAT) || !fails(CREATE))
        fd = opened(syscall(SYS_openat, folder, path, flags, mode), path, flags, was);
    OUT
    return fd;
}
#define MODE int mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list a; va_start(a, flags); mode = va_arg(a, int); va_end(a); }
int open(const char *path, int flags, ...) { MODE return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return open_at(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int f, const char *path, int flags, ...) { MODE return open_at(f, path, flags, mode); }
int openat64(int f, const char *path, int flags, ...) { MODE return open_at(f, path, flags | O_LARGEFILE, mode); }

static ssize_t written(int fd, const void *data, size_t size, off_t at, int placed) {
    uint64_t ino;
    if (!watched || !(ino = inode(fd)))
        return placed ? syscall(SYS_pwrite64, fd, data, size, at) : syscall(SYS_write, fd, data, size);
    IN;
    ssize_t n = -1;
    if (!fails(WRITE)) {
        if (!placed) at = lseek(fd, 0, (fcntl(fd, F_GETFL) & O_APPEND) ? SEEK_END : SEEK_CUR);
        n = placed ? syscall(SYS_pwrite64, fd, data, size, at) : syscall(SYS_write, fd, data, size);
        if (n > 0) note(WRITE, ino, at, NULL, data, n);
    }
    OUT
    return n;
}
ssize_t pwrite(int fd, const void *d, size_t n, off_t at) { return written(fd, d, n, at, 1); }
ssize_t pwrite64(int fd, const void *d, size_t n, off64_t at) { return written(fd, d, n, at, 1); }
ssize_t write(int fd, const void *d, size_t n) { return written(fd, d, n, 0, 0); }

static int synced(int fd, long call) {
    struct stat st;
    uint64_t ino = inode(fd);
    if (!ino) return syscall(call, fd);
    IN;
    int done = -1;
    if (!fails(SYNC) && !(done = syscall(call, fd)))
        note(!fstat(fd, &st) && S_ISDIR(st.st_mode) ? SYNC_FOLDER : SYNC, ino, 0, NULL, NULL, 0);
    OUT
    return done;
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int cut(int fd, off_t at) {
    uint64_t ino = inode(fd);
    if (!ino) return syscall(SYS_ftruncate, fd, at);
    IN;
    int done = -1;
    if (!fails(TRUNCATE) && !(done = syscall(SYS_ftruncate, fd, at))) note(TRUNCATE, ino, at, NULL, NULL, 0);
    OUT
    return done;
}
int ftruncate(int fd, off_t at) { return cut(fd, at); }
int ftruncate64(int fd, off64_t at) { return cut(fd, at); }

int unlink(const char *path) {
    if (!ours(path)) return syscall(SYS_unlink, path);
    IN;
    struct stat st;
    int there = !stat(path, &st), done = -1;
    if (!there) done = syscall(SYS_unlink, path);
    else if (!fails(UNLINK) && !(done = syscall(SYS_unlink, path))) {
        note(UNLINK, st.st_ino, 0, path, NULL, 0);
        if (known(st.st_ino)) inodes[st.st_ino % 4096] = 0;
    }
    OUT
    return done;
}
int rename(const char *from, const char *to) {
    if (!ours(from) || !ours(to)) return syscall(SYS_rename, from, to);
    IN;
    int done = -1;
    if (!fails(RENAME) && !(done = syscall(SYS_rename, from, to))) note(RENAME, 0, 0, from, to, strlen(to));
    OUT
    return done;
}

int clock_gettime(clockid_t which, struct timespec *t) {
    REAL(int, clock_gettime, clockid_t, struct timespec *);
    int done = real(which, t);
    if (!done && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) t->tv_sec += shift_s;
    return done;
}
int gettimeofday(struct timeval *t, void *zone) {
    REAL(int, gettimeofday, struct timeval *, void *);
    int done = real(t, zone);
    if (!done) t->tv_sec += shift_s;
    return done;
}
time_t time(time_t *t) {
    REAL(time_t, time, time_t *);
    time_t now = real(NULL) + shift_s;
    if (t) *t = now;
    return now;
}
