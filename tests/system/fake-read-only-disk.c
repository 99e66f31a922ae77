/*
 * A FAKE of a file system that turned read-only and turns writable again, for LD_PRELOAD: while the
 * file $FAKE_READ_ONLY_WHILE exists, whatever would change something below $FAKE_READ_ONLY_BELOW fails
 * with EROFS, also through descriptors that are open, as ext4 does after an error. Linux cannot be asked
 * for it: mount -o remount,ro is refused while files are open for writing, and ext4's own read-only
 * after an error ends only with the mount (that real one is a fault of npm run torture).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_read_only(void) {
  const char *flag = getenv("FAKE_READ_ONLY_WHILE");
  return flag && access(flag, F_OK) == 0;
}

static int is_below(const char *path) {
  const char *folder = getenv("FAKE_READ_ONLY_BELOW");
  return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int refuses_path(const char *path) {
  if (!is_below(path) || !is_read_only()) return 0;
  errno = EROFS;
  return 1;
}

static int refuses_fd(int fd) {
  if (!is_read_only()) return 0;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  if (!is_below(path)) return 0;
  errno = EROFS;
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define BY_FD(type, name, params, args) \
  type name params { return refuses_fd(fd) ? -1 : REAL(name) args; }
#define BY_PATH(name, params, args) \
  int name params { return refuses_path(path) ? -1 : REAL(name) args; }
#define OPENS(name, params, args) \
  int name params { \
    va_list rest; \
    va_start(rest, flags); \
    int mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, int) : 0; \
    va_end(rest); \
    if ((flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) && refuses_path(path)) return -1; \
    return REAL(name) args; \
  }

OPENS(open, (const char *path, int flags, ...), (path, flags, mode))
OPENS(open64, (const char *path, int flags, ...), (path, flags, mode))
OPENS(openat, (int at, const char *path, int flags, ...), (at, path, flags, mode))
OPENS(openat64, (int at, const char *path, int flags, ...), (at, path, flags, mode))
BY_FD(ssize_t, write, (int fd, const void *bytes, size_t count), (fd, bytes, count))
BY_FD(ssize_t, pwrite, (int fd, const void *bytes, size_t count, off_t at), (fd, bytes, count, at))
BY_FD(ssize_t, pwrite64, (int fd, const void *bytes, size_t count, off64_t at), (fd, bytes, count, at))
BY_FD(ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
BY_FD(ssize_t, pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at))
BY_FD(ssize_t, pwritev64, (int fd, const struct iovec *parts, int count, off64_t at), (fd, parts, count, at))
BY_FD(int, fsync, (int fd), (fd))
BY_FD(int, fdatasync, (int fd), (fd))
BY_FD(int, ftruncate, (int fd, off_t length), (fd, length))
BY_FD(int, ftruncate64, (int fd, off64_t length), (fd, length))
BY_FD(int, fallocate, (int fd, int mode, off_t at, off_t length), (fd, mode, at, length))
BY_FD(int, fallocate64, (int fd, int mode, off64_t at, off64_t length), (fd, mode, at, length))
BY_PATH(unlink, (const char *path), (path))
BY_PATH(rmdir, (const char *path), (path))
BY_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
BY_PATH(rename, (const char *path, const char *to), (path, to))
