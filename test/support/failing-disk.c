// Preloaded into a process by LD_PRELOAD: the disk under one folder fails while a file says so. The file of TEST_DISK_FAULT
// holds "full" (nothing can be written) or "fsync" (what was written cannot be synced); TEST_DISK_FOLDER is the folder.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int has_fault(int fd, const char *fault) {
  const char *file = getenv("TEST_DISK_FAULT"), *folder = getenv("TEST_DISK_FOLDER");
  if (!file || !folder) return 0;
  int said = open(file, O_RDONLY);
  if (said < 0) return 0;
  char text[16] = {0};
  ssize_t length = read(said, text, sizeof text - 1);
  close(said);
  if (length <= 0 || strncmp(text, fault, strlen(fault)) != 0) return 0;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  return size > 0 && strncmp(path, folder, strlen(folder)) == 0;
}

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  if (has_fault(fd, "full")) return errno = ENOSPC, -1;
  return REAL("pwrite64", ssize_t(*)(int, const void *, size_t, off64_t))(fd, bytes, size, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  if (has_fault(fd, "full")) return errno = ENOSPC, -1;
  return REAL("pwrite", ssize_t(*)(int, const void *, size_t, off_t))(fd, bytes, size, at);
}

ssize_t write(int fd, const void *bytes, size_t size) {
  if (has_fault(fd, "full")) return errno = ENOSPC, -1;
  return REAL("write", ssize_t(*)(int, const void *, size_t))(fd, bytes, size);
}

int fsync(int fd) {
  if (has_fault(fd, "fsync")) return errno = EIO, -1;
  return REAL("fsync", int (*)(int))(fd);
}

int fdatasync(int fd) {
  if (has_fault(fd, "fsync")) return errno = EIO, -1;
  return REAL("fdatasync", int (*)(int))(fd);
}
