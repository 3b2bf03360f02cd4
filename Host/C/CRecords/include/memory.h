// Memory for tables and slabs, and how to have it near when it is needed.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Asks for the cache line at an address, which need not be valid.
static inline void lectern_prefetch(const void *address) { __builtin_prefetch(address); }

/// Zeroed memory from the kernel; huge pages for 2 MiB and more, since on a virtual machine a TLB miss costs as much as a cache miss.
/// Ends the process if there is none.
void *lectern_pages(size_t bytes);
/// Gives back what `lectern_pages` gave for so many bytes.
void lectern_pages_free(void *start, size_t bytes);
/// Makes what `lectern_pages` gave for so many bytes, 2 MiB at least, larger, without copying. Returns where it is then.
void *lectern_pages_grow(void *start, size_t bytes, size_t larger);

/// Has `malloc` give large blocks back to the kernel when they are freed. Left to itself it keeps more and more of them: a
/// process that makes checkpoints would hold several times what it needs.
void lectern_memory_return_large(void);
/// Gives what `free` has kept back to the kernel.
void lectern_memory_trim(void);

/// A line of text in a larger buffer.
typedef struct lectern_line {
  uint64_t offset;
  uint32_t length;
  uint32_t skip;  ///< bytes at its start that all compared lines share
} lectern_line;

/// Sorts lines by their bytes.
void lectern_sort_lines(const uint8_t *text, lectern_line *lines, size_t count);

#ifdef __cplusplus
}
#endif
