// What Swift's Glibc module lacks of the system's calls.
#pragma once
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>

/// Fills the bytes from the kernel's random generator. Returns 1, or 0 if the kernel has none.
int lectern_random(void *bytes, size_t length);

/// Makes writes to a file go past the system's cache; then addresses, offsets and lengths must be multiples of 4096.
/// Returns 1, or 0 if the file system can't.
int lectern_write_directly(int file);

/// Waits until all that was written to the file system of an open file is on the disk. Returns 0, or -1 and sets errno.
int lectern_sync_file_system(int file);

/// Has this process told to end (SIGTERM) when the thread that started it has ended.
void lectern_end_with_parent(void);

/// Names the calling thread, by at most 15 bytes.
void lectern_name_thread(const char *name);

/// A nameless file in memory that is closed by `exec`; -1 if the system has no room.
int lectern_memory_file(const char *name);

/// Has the process that is going to be spawned close the descriptors from this one on, before its program begins.
void lectern_spawn_closing_from(posix_spawn_file_actions_t *actions, int first);

/// Sleeps while the word, which processes may share, has that value, until it is woken, or for at most so many
/// microseconds.
void lectern_wait_while(const uint32_t *word, uint32_t value, int64_t microseconds);

/// Wakes all who wait at the word.
void lectern_wake(const uint32_t *word);
