#define _GNU_SOURCE
#include "memory.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
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

// Tables grow by powers of two, in each partition at another time: what one has outgrown is what another needs next. So
// blocks of less than a huge page are halves, quarters and so on of one, and are kept when they are given back: to zero
// one costs a fraction of new pages, and the tables of all partitions lie in few huge pages.
enum { smallest = 16, classes = 21 - smallest };  // 64 KiB to 1 MiB
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static void *kept[classes];  // each block begins with the address of the next

static void keep(void *block, int class) {
  *(void **)block = kept[class];
  kept[class] = block;
}

static int class_of(size_t size) {
  for (int class = 0; class < classes; class++)
    if (size == (size_t)1 << (smallest + class)) return class;
  return -1;
}

static void *take(int class) {
  pthread_mutex_lock(&kept_lock);
  int from = class;
  while (from < classes && !kept[from]) from++;
  uint8_t *block;
  if (from < classes) {
    block = kept[from];
    kept[from] = *(void **)block;
  } else {
    block = reserve(huge);
    madvise(block, huge, MADV_HUGEPAGE);
  }
  while (from-- > class) keep(block + ((size_t)1 << (smallest + from)), from);
  pthread_mutex_unlock(&kept_lock);
  return memset(block, 0, (size_t)1 << (smallest + class));
}

void *lectern_pages(size_t bytes) {
  size_t size = rounded(bytes);
  int class = class_of(size);
  if (class >= 0) return take(class);
  uint8_t *start = reserve(size);
  if (size < huge) return start;
  madvise(start, size, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
  // Tables are read before they are written: without this, each huge page would be mapped as the zero page first.
  madvise(start, size, MADV_POPULATE_WRITE);
#endif
  return start;
}

void lectern_memory_return_large(void) {
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

void lectern_memory_trim(void) { malloc_trim(0); }

void lectern_pages_free(void *start, size_t bytes) {
  size_t size = rounded(bytes);
  int class = class_of(size);
  if (class < 0) {
    munmap(start, size);
    return;
  }
  pthread_mutex_lock(&kept_lock);
  keep(start, class);
  pthread_mutex_unlock(&kept_lock);
}

void *lectern_pages_grow(void *start, size_t bytes, size_t larger) {
  size_t size = rounded(larger);
  uint8_t *place = reserve(size);
  if (mremap(start, rounded(bytes), size, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED) abort();
  madvise(place, size, MADV_HUGEPAGE);
  return place;
}
