/*
 * A disk that fails, for what lies under one folder: preloaded into a process, it refuses what would change a file there for as
 * long as a file of commands says so. The first word in it is the fault: ENOSPC, EROFS or EIO.
 *
 * FAULTY_DISK_UNDER    files whose path begins like this are on that disk
 * FAULTY_DISK_COMMAND  the file of commands; none, or an empty one: the disk is well
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* The fault, or 0. */
static int fault(void) {
  const char *path = getenv("FAULTY_DISK_COMMAND");
  if (path == NULL) return 0;
  static int (*real_open)(const char *, int, ...);
  if (real_open == NULL) real_open = dlsym(RTLD_NEXT, "open");
  int file = real_open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char word[16] = "";
  ssize_t length = read(file, word, sizeof word - 1);
  close(file);
  if (length <= 0) return 0;
  if (strncmp(word, "ENOSPC", 6) == 0) return ENOSPC;
  if (strncmp(word, "EROFS", 5) == 0) return EROFS;
  return strncmp(word, "EIO", 3) == 0 ? EIO : 0;
}

static int is_on_disk(const char *path) {
  const char *under = getenv("FAULTY_DISK_UNDER");
  return under != NULL && path != NULL && strncmp(path, under, strlen(under)) == 0;
}

static int is_of_disk(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_on_disk(path);
}

/* What a change of this file fails with, or 0. */
static int fault_of(int file) {
  int saved = errno;
  int failing = fault();
  if (failing != 0 && !is_of_disk(file)) failing = 0;
  errno = saved;
  return failing;
}

#define FAIL(failing)      \
  do {                     \
    if (failing) {         \
      errno = (failing);   \
      return -1;           \
    }                      \
  } while (0)

#define REAL(result, name, ...)                              \
  static result (*real)(__VA_ARGS__);                        \
  if (real == NULL) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

/* A disk that is full takes what still fits: a part of what was to be written is there. */
static ssize_t put(int file, const void *bytes, size_t count, off_t at,
                   ssize_t (*real)(int, const void *, size_t, off_t)) {
  int failing = fault_of(file);
  if (failing == ENOSPC && count > 512) return real(file, bytes, 512, at);
  FAIL(failing);
  return real(file, bytes, count, at);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
  REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
  return put(file, bytes, count, at, real);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off_t at) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
  return put(file, bytes, count, at, real);
}

ssize_t write(int file, const void *bytes, size_t count) {
  REAL(ssize_t, "write", int, const void *, size_t);
  FAIL(fault_of(file));
  return real(file, bytes, count);
}

int ftruncate(int file, off_t length) {
  REAL(int, "ftruncate", int, off_t);
  FAIL(fault_of(file));
  return real(file, length);
}

int ftruncate64(int file, off_t length) {
  REAL(int, "ftruncate64", int, off_t);
  FAIL(fault_of(file));
  return real(file, length);
}

int posix_fallocate(int file, off_t at, off_t length) {
  REAL(int, "posix_fallocate", int, off_t, off_t);
  int failing = fault_of(file);
  return failing ? failing : real(file, at, length);
}

int fsync(int file) {
  REAL(int, "fsync", int);
  FAIL(fault_of(file));
  return real(file);
}

int fdatasync(int file) {
  REAL(int, "fdatasync", int);
  FAIL(fault_of(file));
  return real(file);
}

int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  int failing = is_on_disk(path) ? fault() : 0;
  FAIL(failing == ENOSPC ? 0 : failing);
  return real(path);
}

/* Files are made on a disk as well. */
static int making(const char *path, int flags) {
  if (!(flags & O_CREAT) || !is_on_disk(path) || access(path, F_OK) == 0) return 0;
  return fault();
}

#define OPEN(name, symbol)                                        \
  int name(const char *path, int flags, ...) {                    \
    static int (*real)(const char *, int, ...);                   \
    if (real == NULL) real = dlsym(RTLD_NEXT, symbol);            \
    mode_t mode = 0;                                              \
    if (flags & O_CREAT) {                                        \
      va_list rest;                                               \
      va_start(rest, flags);                                      \
      mode = va_arg(rest, mode_t);                                \
      va_end(rest);                                               \
    }                                                             \
    FAIL(making(path, flags));                                    \
    return real(path, flags, mode);                               \
  }

OPEN(open, "open")
OPEN(open64, "open64")
