/* Preloaded into a node: lets writes to its SQLite files fail as on a full disk, or their fsync as on a broken one.
 * The first byte of the file FAULTY_DISK_DIRECTORY/PID says which: 0 nothing, 1 full, 2 fsync fails. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const volatile char *mode;

__attribute__((constructor)) static void open_mode(void) {
  const char *directory = getenv("FAULTY_DISK_DIRECTORY");
  if (!directory) return;
  char path[512];
  snprintf(path, sizeof path, "%s/%d", directory, (int)getpid());
  int file = open(path, O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, 1) != 0) return;
  void *page = mmap(NULL, 1, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (page != MAP_FAILED) mode = page;
}

static int is_struck(int file, char wanted) {
  if (!mode || *mode != wanted) return 0;
  char link[64], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, ".db") != NULL;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL(file, wanted, code) \
  if (is_struck(file, wanted)) { errno = code; return -1; }

ssize_t write(int file, const void *bytes, size_t count) {
  FAIL(file, 1, ENOSPC)
  return REAL(write)(file, bytes, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
  FAIL(file, 1, ENOSPC)
  return REAL(pwrite)(file, bytes, count, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
  FAIL(file, 1, ENOSPC)
  return REAL(pwrite64)(file, bytes, count, offset);
}

int fsync(int file) {
  FAIL(file, 2, EIO)
  return REAL(fsync)(file);
}

int fdatasync(int file) {
  FAIL(file, 2, EIO)
  return REAL(fdatasync)(file);
}
