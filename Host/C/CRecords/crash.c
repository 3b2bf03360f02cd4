#define _GNU_SOURCE
#include "crash.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Thread_local uint32_t *word;
static char *const *restart_arguments;

void lectern_restart(void) {
  char *const *arguments = __atomic_load_n(&restart_arguments, __ATOMIC_ACQUIRE);
  if (!arguments) return;
  // Another thread may be on its way here.
  static bool begun;
  if (__atomic_test_and_set(&begun, __ATOMIC_SEQ_CST)) for (;;) pause();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  // The address to listen at, and all else, must be free again.
  syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
  execve("/proc/self/exe", arguments, environ);
}

void lectern_restart_on_crash(char *const *arguments) {
  __atomic_store_n(&restart_arguments, arguments, __ATOMIC_RELEASE);
}

static void note_signal(int number) {
  if (word) {
    *word = (uint32_t)number;
    lectern_restart();
  }
  // The handler is gone by SA_RESETHAND: this ends the process as it would have ended without us.
  raise(number);
}

static void note_exit(void) {
  if (!word) return;
  *word = LECTERN_CRASH_EXIT;
  lectern_restart();
  // Not what anybody asked for: destructors must not run while other threads go on, and the status must not say success.
  _exit(70);
}

static void install(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = note_signal;
  action.sa_flags = SA_ONSTACK | SA_RESETHAND | SA_NODEFER;
  const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGSYS};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaction(numbers[i], &action, NULL);
  atexit(note_exit);
}

void lectern_note_crashes(uint32_t *where) {
  static bool installed;
  if (!__atomic_test_and_set(&installed, __ATOMIC_SEQ_CST)) install();
  if (!word) {
    // A stack that has overflowed has no room for a handler. Kept for the life of the thread.
    const size_t size = 64 << 10;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) sigaltstack(&(stack_t){.ss_sp = memory, .ss_size = size}, NULL);
  }
  word = where;
}
