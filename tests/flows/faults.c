/* Preloaded into a night's process: counts the file operations below a folder, whoever makes them (Python, Arrow), and spoils one of them.
 *
 * After the way of SQLite's I/O error tests (sqlite.org/testing.html): the caller counts n up until the run gets through.
 * how: 0 count, 1 SIGKILL before the operation, 2 ENOSPC, 3 EIO, 4 EINTR (operations that a signal may interrupt), 5 half the bytes.
 * ENOSPC meets what needs room; EIO, EINTR and half the bytes meet reading too; a kill before a reading is one after the writing before.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
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
/* Bits, so that a way to fail is told by the kinds that it meets. SYNCS: all that is asked of a descriptor without bytes. */
enum { NAMES = 1, OPENS = 2, WRITES = 4, SYNCS = 8, CLOSES = 16, LOOKS = 32, READS = 64 };

static const int MEETS[] = {
  [COUNT] = ~0,
  [KILL] = NAMES | OPENS | WRITES | SYNCS | CLOSES,
  [FULL] = NAMES | OPENS | WRITES | SYNCS | CLOSES,
  [BROKEN] = ~0,
  [INTERRUPTED] = OPENS | WRITES | SYNCS | LOOKS | READS,
  [SHORT] = WRITES | READS,
};

static char folder[PATH_MAX];
static size_t folder_length;
static int how, told = -1;
static long at;
static atomic_long counted;
static char met[PATH_MAX + 64], pattern[PATH_MAX + 64];

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* tell: a descriptor that gets a line for each operation, its function and path; or -1.
 * where: a pattern of fnmatch(3) for such a line, of the only operations that count; empty: all do. */
void faults_arm(const char *prefix, int what, long when, int tell, const char *where) {
  strncpy(pattern, where, sizeof pattern - 1);
  atomic_store(&counted, 0);
  how = what;
  at = when;
  told = tell;
  strncpy(folder, prefix, sizeof folder - 1);
  folder_length = strlen(folder);
}

long faults_counted(void) { return atomic_load(&counted); }

/* Function and path of the operation that was spoiled, or nothing. */
const char *faults_met(void) { return met; }

static int below(const char *path) { return folder_length && path && !strncmp(path, folder, folder_length); }

/* The path of a descriptor below the folder, or NULL. */
static const char *below_descriptor(int descriptor, char path[PATH_MAX]) {
  char link[64];
  if (!folder_length) return NULL;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return NULL;
  path[length] = 0;
  return below(path) ? path : NULL;
}

/* 0: go on; -1: fail with errno; 1: half the bytes. */
static int spoiled(int kind, const char *name, const char *path) {
  if (!(MEETS[how] & kind)) return 0;
  if (told >= 0 || *pattern) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%s %s\n", name, path + folder_length);
    if (told >= 0 && NEXT(write)(told, line, length) < 0) return 0;
    line[length - 1] = 0;
    if (*pattern && fnmatch(pattern, line, FNM_PATHNAME)) return 0;
  }
  if (atomic_fetch_add(&counted, 1) + 1 != at || how == COUNT) return 0;
  snprintf(met, sizeof met, "%s %s", name, path + folder_length);
  switch (how) {
    case KILL: kill(getpid(), SIGKILL); pause();
    case FULL: errno = ENOSPC; return -1;
    case BROKEN: errno = EIO; return -1;
    case INTERRUPTED: errno = EINTR; return -1;
    default: return 1;
  }
}

#define ON_PATH(name, path, signature, call) \
  int name signature { if (below(path) && spoiled(NAMES, #name, path) < 0) return -1; return NEXT(name) call; }

ON_PATH(rename, to, (const char *from, const char *to), (from, to))
ON_PATH(renameat, to, (int a, const char *from, int b, const char *to), (a, from, b, to))
ON_PATH(link, to, (const char *from, const char *to), (from, to))
ON_PATH(linkat, to, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags))
ON_PATH(symlink, path, (const char *to, const char *path), (to, path))
ON_PATH(symlinkat, path, (const char *to, int a, const char *path), (to, a, path))
ON_PATH(unlink, path, (const char *path), (path))
ON_PATH(rmdir, path, (const char *path), (path))
ON_PATH(mkdir, path, (const char *path, mode_t mode), (path, mode))
ON_PATH(mkdirat, path, (int a, const char *path, mode_t mode), (a, path, mode))

int unlinkat(int a, const char *path, int flags) {
  char above[PATH_MAX];
  const char *where = below(path) ? path : a != AT_FDCWD ? below_descriptor(a, above) : NULL;
  if (where && spoiled(NAMES, "unlinkat", where) < 0) return -1;
  return NEXT(unlinkat)(a, path, flags);
}

#define ON_DESCRIPTOR(name, kind, signature, call) \
  int name signature { \
    char path[PATH_MAX]; \
    if (below_descriptor(descriptor, path) && spoiled(kind, #name, path) < 0) return -1; \
    return NEXT(name) call; \
  }

ON_DESCRIPTOR(fsync, SYNCS, (int descriptor), (descriptor))
ON_DESCRIPTOR(fdatasync, SYNCS, (int descriptor), (descriptor))
ON_DESCRIPTOR(ftruncate, SYNCS, (int descriptor, off_t size), (descriptor, size))
ON_DESCRIPTOR(ftruncate64, SYNCS, (int descriptor, off64_t size), (descriptor, size))

/* A file that was written may say only now that it could not be (a quota, a network's disk); it is closed all the same. */
int close(int descriptor) {
  char path[PATH_MAX];
  int writes = (fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY;
  int failed = writes && below_descriptor(descriptor, path) && spoiled(CLOSES, "close", path) < 0, why = errno;
  int closed = NEXT(close)(descriptor);
  if (!failed) return closed;
  errno = why;
  return -1;
}

#define ON_OPEN(name, signature, call) \
  int name signature { \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); } \
    if (below(path) && spoiled(flags & (O_CREAT | O_WRONLY | O_RDWR) ? OPENS : LOOKS, #name, path) < 0) return -1; \
    return NEXT(name) call; \
  }

ON_OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
ON_OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
ON_OPEN(openat, (int a, const char *path, int flags, ...), (a, path, flags, mode))
ON_OPEN(openat64, (int a, const char *path, int flags, ...), (a, path, flags, mode))

#define ON_BYTES(name, kind, signature, whole, half) \
  ssize_t name signature { \
    char path[PATH_MAX]; \
    if (below_descriptor(descriptor, path)) switch (spoiled(kind, #name, path)) { \
      case -1: return -1; \
      case 1: if (size > 1) return NEXT(name) half; \
    } \
    return NEXT(name) whole; \
  }

ON_BYTES(write, WRITES, (int descriptor, const void *bytes, size_t size), (descriptor, bytes, size), (descriptor, bytes, size / 2))
ON_BYTES(pwrite, WRITES, (int descriptor, const void *bytes, size_t size, off_t place), (descriptor, bytes, size, place), (descriptor, bytes, size / 2, place))
ON_BYTES(pwrite64, WRITES, (int descriptor, const void *bytes, size_t size, off64_t place), (descriptor, bytes, size, place), (descriptor, bytes, size / 2, place))
ON_BYTES(read, READS, (int descriptor, void *bytes, size_t size), (descriptor, bytes, size), (descriptor, bytes, size / 2))
ON_BYTES(pread, READS, (int descriptor, void *bytes, size_t size, off_t place), (descriptor, bytes, size, place), (descriptor, bytes, size / 2, place))
ON_BYTES(pread64, READS, (int descriptor, void *bytes, size_t size, off64_t place), (descriptor, bytes, size, place), (descriptor, bytes, size / 2, place))
