// What the benchmark of calls calls.
#pragma once
#include <stdint.h>

// What is left of a score after some days, cheaply: a few nanoseconds at most, so that what is measured is the call.
double lectern_work(double score, double days);

// Calls it for each row, as C does: nothing is faster without inlining.
double lectern_work_direct(const double *scores, const double *days, int64_t rows);
