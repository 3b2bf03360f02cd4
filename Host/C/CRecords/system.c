#define _GNU_SOURCE
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>

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

void lectern_end_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0); }

void lectern_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
