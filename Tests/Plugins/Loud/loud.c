// The counter in C, which says so when it is loaded: a test sees whether any of its code has run.
#include "../CounterInC/counter.c"
#include <unistd.h>

__attribute__((constructor)) static void loaded(void) {
  static const char text[] = "loud: loaded\n";
  (void)!write(2, text, sizeof text - 1);
}
