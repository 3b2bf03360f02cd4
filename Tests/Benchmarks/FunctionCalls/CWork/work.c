#include "work.h"

__attribute__((noinline)) double lectern_work(double score, double days) { return score - days * 0.125; }

double lectern_work_direct(const double *scores, const double *days, int64_t rows) {
  double sum = 0;
  for (int64_t row = 0; row < rows; row++) sum += lectern_work(scores[row], days[row]);
  return sum;
}
