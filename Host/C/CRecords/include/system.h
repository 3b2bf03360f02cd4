// What Swift's Glibc module lacks of the system's calls.
#pragma once
#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/random.h>

/// Fills the bytes from the kernel's random generator. Returns 1, or 0 if the kernel has none.
static inline int lectern_random(void *bytes, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t count = getrandom((char *)bytes + done, length - done, 0);
    if (count < 0 && errno != EINTR) return 0;
    if (count > 0) done += (size_t)count;
  }
  return 1;
}

/// Names the calling thread, by at most 15 bytes.
static inline void lectern_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
