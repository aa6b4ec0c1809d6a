/* Preloaded into a night's process: counts the file operations below a folder, whoever makes them (Python, Arrow), and spoils one of them.
 *
 * After the way of SQLite's I/O error tests (sqlite.org/testing.html): the caller counts n up until the run gets through.
 * how: 0 count, 1 SIGKILL before the operation, 2 ENOSPC, 3 EIO, 4 EINTR (operations that a signal may interrupt), 5 a write of half the bytes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { COUNT, KILL, FULL, BROKEN, INTERRUPTED, SHORT };
enum { NAMES, OPENS, WRITES, SYNCS };

static char folder[PATH_MAX];
static size_t folder_length;
static int how;
static long at;
static atomic_long counted;

void faults_arm(const char *prefix, int what, long when) {
  atomic_store(&counted, 0);
  how = what;
  at = when;
  strncpy(folder, prefix, sizeof folder - 1);
  folder_length = strlen(folder);
}

long faults_counted(void) { return atomic_load(&counted); }

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int below(const char *path) { return folder_length && path && !strncmp(path, folder, folder_length); }

static int below_descriptor(int descriptor) {
  char link[64], path[PATH_MAX];
  if (!folder_length) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return below(path);
}

/* 0: go on; -1: fail with errno; 1: write half. */
static int spoiled(int kind) {
  if (how == INTERRUPTED && kind == NAMES) return 0;
  if (how == SHORT && kind != WRITES) return 0;
  if (atomic_fetch_add(&counted, 1) + 1 != at || how == COUNT) return 0;
  switch (how) {
    case KILL: kill(getpid(), SIGKILL); pause();
    case FULL: errno = ENOSPC; return -1;
    case BROKEN: errno = EIO; return -1;
    case INTERRUPTED: errno = EINTR; return -1;
    default: return 1;
  }
}

#define ON_PATH(name, path, kind, signature, call) \
  int name signature { if (below(path) && spoiled(kind) < 0) return -1; return NEXT(name) call; }

ON_PATH(rename, to, NAMES, (const char *from, const char *to), (from, to))
ON_PATH(renameat, to, NAMES, (int a, const char *from, int b, const char *to), (a, from, b, to))
ON_PATH(link, to, NAMES, (const char *from, const char *to), (from, to))
ON_PATH(linkat, to, NAMES, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags))
ON_PATH(symlink, path, NAMES, (const char *to, const char *path), (to, path))
ON_PATH(symlinkat, path, NAMES, (const char *to, int a, const char *path), (to, a, path))
ON_PATH(unlink, path, NAMES, (const char *path), (path))
ON_PATH(mkdir, path, NAMES, (const char *path, mode_t mode), (path, mode))
ON_PATH(mkdirat, path, NAMES, (int a, const char *path, mode_t mode), (a, path, mode))

int unlinkat(int a, const char *path, int flags) {
  if ((below(path) || (a != AT_FDCWD && below_descriptor(a))) && spoiled(NAMES) < 0) return -1;
  return NEXT(unlinkat)(a, path, flags);
}

int fsync(int descriptor) {
  if (below_descriptor(descriptor) && spoiled(SYNCS) < 0) return -1;
  return NEXT(fsync)(descriptor);
}

#define ON_OPEN(name, signature, call) \
  int name signature { \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); } \
    if ((flags & (O_CREAT | O_WRONLY | O_RDWR)) && below(path) && spoiled(OPENS) < 0) return -1; \
    return NEXT(name) call; \
  }

ON_OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
ON_OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
ON_OPEN(openat, (int a, const char *path, int flags, ...), (a, path, flags, mode))
ON_OPEN(openat64, (int a, const char *path, int flags, ...), (a, path, flags, mode))

#define ON_WRITE(name, signature, whole, half) \
  ssize_t name signature { \
    if (below_descriptor(descriptor)) switch (spoiled(WRITES)) { \
      case -1: return -1; \
      case 1: if (size > 1) return NEXT(name) half; \
    } \
    return NEXT(name) whole; \
  }

ON_WRITE(write, (int descriptor, const void *bytes, size_t size), (descriptor, bytes, size), (descriptor, bytes, size / 2))
ON_WRITE(pwrite, (int descriptor, const void *bytes, size_t size, off_t place), (descriptor, bytes, size, place), (descriptor, bytes, size / 2, place))
ON_WRITE(pwrite64, (int descriptor, const void *bytes, size_t size, off64_t place), (descriptor, bytes, size, place), (descriptor, bytes, size / 2, place))
