// How late this machine lets waiting threads run, while something else runs:
//
//     ./wakeups                                               until SIGTERM
//
// Every 5 milliseconds a process that sleeps until then wakes another one, which waits for a word in shared memory: two
// wake-ups, as from the log to a shard and from there to its worker. Prints how late the other one was: the median, the
// 99th percentile and the longest, in ms.
#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdio>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vector>

namespace {

const long interval = 5'000'000;  // nanoseconds

struct Shared {
  // Wake-ups, and those that were answered: none begins before the one before has.
  std::atomic<unsigned> count, answered;
  std::atomic<bool> isOver;
  std::atomic<long> due;
};

volatile sig_atomic_t isOver = 0;

long now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000L + time.tv_nsec;
}

void wake(Shared *shared) {
  shared->count++;
  syscall(SYS_futex, &shared->count, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void answer(Shared *shared) {
  std::vector<long> late;
  for (unsigned count = 0;; shared->answered = ++count) {
    while (shared->count == count) syscall(SYS_futex, &shared->count, FUTEX_WAIT, count, nullptr, nullptr, 0);
    if (shared->isOver) break;
    late.push_back(now() - shared->due);
  }
  std::sort(late.begin(), late.end());
  auto at = [&](size_t percent) { return late.empty() ? 0 : double(late[(late.size() - 1) * percent / 100]) / 1e6; };
  std::printf("%.3f %.3f %.3f\n", at(50), at(99), at(100));
}

}  // namespace

int main() {
  void *memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return perror("mmap"), 1;
  auto *shared = new (memory) Shared{};
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    answer(shared);
    return 0;
  }
  signal(SIGTERM, [](int) { isOver = 1; });
  prctl(PR_SET_TIMERSLACK, 1);
  for (long due = now(); !isOver;) {
    due = std::max(due, now()) + interval;
    timespec time{due / 1'000'000'000, due % 1'000'000'000};
    if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) != 0 || shared->answered != shared->count) continue;
    shared->due = due;
    wake(shared);
  }
  shared->isOver = true;
  wake(shared);
  wait(nullptr);
}
