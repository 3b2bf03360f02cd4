#define _GNU_SOURCE
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int lectern_sync_file_system(int file) { return syncfs(file); }

int lectern_random(void *bytes, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t count = getrandom((char *)bytes + done, length - done, 0);
    if (count < 0 && errno != EINTR) return 0;
    if (count > 0) done += (size_t)count;
  }
  return 1;
}

int lectern_write_directly(int file) {
  int flags = fcntl(file, F_GETFL);
  return flags >= 0 && fcntl(file, F_SETFL, flags | O_DIRECT) == 0;
}

void lectern_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

int lectern_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

void lectern_wait_while(const uint32_t *word, uint32_t value, int64_t microseconds) {
  struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
  syscall(SYS_futex, word, FUTEX_WAIT, value, &time, NULL, 0);
}

void lectern_wake(const uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0); }

void lectern_spawn_closing_from(posix_spawn_file_actions_t *actions, int first) {
  posix_spawn_file_actions_addclosefrom_np(actions, first);
}

void lectern_end_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0); }
