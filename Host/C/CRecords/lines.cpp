#include <algorithm>
#include <cstring>
#include <vector>

#include "memory.h"

namespace {
struct Line {
  uint64_t head;  // the first bytes that may differ: most comparisons end here
  lectern_line line;
};
}  // namespace

void lectern_sort_lines(const uint8_t *text, lectern_line *lines, size_t count) {
  std::vector<Line> all(count);
  for (size_t i = 0; i < count; i++) {
    const lectern_line &l = lines[i];
    uint8_t head[8] = {};
    size_t n = l.length - l.skip;
    memcpy(head, text + l.offset + l.skip, n < 8 ? n : 8);
    uint64_t word;
    memcpy(&word, head, 8);
    all[i] = {__builtin_bswap64(word), l};
  }
  std::sort(all.begin(), all.end(), [text](const Line &a, const Line &b) {
    if (a.head != b.head) return a.head < b.head;
    size_t n = std::min(a.line.length, b.line.length);
    int order = memcmp(text + a.line.offset, text + b.line.offset, n);
    return order != 0 ? order < 0 : a.line.length < b.line.length;
  });
  for (size_t i = 0; i < count; i++) lines[i] = all[i].line;
}
