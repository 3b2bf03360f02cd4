#define _GNU_SOURCE
#include "memory.h"

#include <stdlib.h>
#include <sys/mman.h>

static const size_t huge = (size_t)2 << 20;

static size_t rounded(size_t bytes) {
  size_t unit = bytes >= huge ? huge : 4096;
  return (bytes + unit - 1) / unit * unit;
}

/// Unused addresses, aligned to a huge page if the size is at least one.
static uint8_t *reserve(size_t size) {
  size_t room = size >= huge ? size + huge : size;
  uint8_t *start = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) abort();
  if (size < huge) return start;
  size_t before = (huge - (uintptr_t)start % huge) % huge;
  if (before) munmap(start, before);
  if (huge - before) munmap(start + before + size, huge - before);
  return start + before;
}

void *lectern_pages(size_t bytes) {
  size_t size = rounded(bytes);
  uint8_t *start = reserve(size);
  if (size < huge) return start;
  madvise(start, size, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
  // Tables are read before they are written: without this, each huge page would be mapped as the zero page first.
  madvise(start, size, MADV_POPULATE_WRITE);
#endif
  return start;
}

void lectern_pages_free(void *start, size_t bytes) { munmap(start, rounded(bytes)); }

void *lectern_pages_grow(void *start, size_t bytes, size_t larger) {
  size_t size = rounded(larger);
  uint8_t *place = reserve(size);
  if (mremap(start, rounded(bytes), size, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED) abort();
  madvise(place, size, MADV_HUGEPAGE);
  return place;
}
