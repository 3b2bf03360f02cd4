#include <algorithm>
#include <cstring>
#include <vector>

#include "memory.h"

namespace {
struct Line {
  uint64_t head[2];  // the first bytes that may differ: most comparisons end here
  lectern_line line;
};

uint64_t word(const uint8_t *from, const uint8_t *end) {
  uint8_t bytes[8] = {};
  if (from < end) memcpy(bytes, from, end - from < 8 ? end - from : 8);
  uint64_t word;
  memcpy(&word, bytes, 8);
  return __builtin_bswap64(word);
}

/// How many bytes all lines begin with.
size_t common_prefix(const uint8_t *text, const lectern_line *lines, size_t count) {
  size_t common = lines[0].length;
  const uint8_t *first = text + lines[0].offset;
  for (size_t i = 1; i < count; i++) {
    const uint8_t *line = text + lines[i].offset;
    size_t n = std::min<size_t>(common, lines[i].length);
    size_t at = lines[i].skip < n ? lines[i].skip : n;
    while (at < n && line[at] == first[at]) at++;
    common = at;
  }
  return common;
}
}  // namespace

void lectern_sort_lines(const uint8_t *text, lectern_line *lines, size_t count) {
  if (count < 2) return;
  const size_t common = common_prefix(text, lines, count), seen = common + 16;
  std::vector<Line> all(count);
  for (size_t i = 0; i < count; i++) {
    const uint8_t *end = text + lines[i].offset + lines[i].length, *from = text + lines[i].offset + common;
    all[i] = {{word(from, end), word(from + 8, end)}, lines[i]};
  }
  std::sort(all.begin(), all.end(), [text, seen](const Line &a, const Line &b) {
    if (a.head[0] != b.head[0]) return a.head[0] < b.head[0];
    if (a.head[1] != b.head[1]) return a.head[1] < b.head[1];
    size_t n = std::min(a.line.length, b.line.length);
    if (n <= seen) return a.line.length < b.line.length;
    int order = memcmp(text + a.line.offset + seen, text + b.line.offset + seen, n - seen);
    return order != 0 ? order < 0 : a.line.length < b.line.length;
  });
  for (size_t i = 0; i < count; i++) lines[i] = all[i].line;
}
