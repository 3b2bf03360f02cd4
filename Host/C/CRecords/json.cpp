#include <charconv>
#include <cmath>
#include <cstdio>

#include "bytes.h"

static const char digits[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960"
    "616263646566676869707172737475767778798081828384858687888990919293949596979899";

static bool plain(uint8_t c) { return c >= 0x20 && c != '"' && c != '\\'; }

void lectern_json_text(lectern_bytes *bytes, const uint8_t *text, size_t length) {
  static const char hex[] = "0123456789abcdef";
  uint8_t *at = lectern_bytes_room(bytes, length * 6 + 2), *start = at;
  *at++ = '"';
  for (size_t i = 0; i < length;) {
    size_t run = i;
    while (run < length && plain(text[run])) run++;
    memcpy(at, text + i, run - i);
    at += run - i;
    i = run;
    if (i == length) break;
    uint8_t c = text[i++];
    *at++ = '\\';
    switch (c) {
      case '"': case '\\': *at++ = c; break;
      case '\b': *at++ = 'b'; break;
      case '\t': *at++ = 't'; break;
      case '\n': *at++ = 'n'; break;
      case '\f': *at++ = 'f'; break;
      case '\r': *at++ = 'r'; break;
      default:
        *at++ = 'u', *at++ = '0', *at++ = '0', *at++ = (uint8_t)hex[c >> 4], *at++ = (uint8_t)hex[c & 15];
    }
  }
  *at++ = '"';
  bytes->count += (size_t)(at - start);
}

void lectern_json_integer(lectern_bytes *bytes, int64_t value) {
  char text[20], *at = text + sizeof text;
  uint64_t v = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  for (; v >= 100; v /= 100) at -= 2, memcpy(at, digits + v % 100 * 2, 2);
  if (v >= 10) at -= 2, memcpy(at, digits + v * 2, 2);
  else *--at = (char)('0' + v);
  if (value < 0) *--at = '-';
  lectern_bytes_append(bytes, at, (size_t)(text + sizeof text - at));
}

void lectern_json_number(lectern_bytes *bytes, double value) {
  if (!std::isfinite(value)) return lectern_bytes_append(bytes, "null", 4);
  char *at = (char *)lectern_bytes_room(bytes, 32);
  bytes->count += (size_t)(std::to_chars(at, at + 32, value).ptr - at);
}

static char *two(char *at, int64_t v) { return (char *)memcpy(at, digits + v * 2, 2) + 2; }

static char *three(char *at, int64_t v) {
  *at++ = (char)('0' + v / 100);
  return two(at, v % 100);
}

void lectern_json_time(lectern_bytes *bytes, int64_t microseconds) {
  int64_t days = microseconds / 86400000000, rest = microseconds % 86400000000;
  if (rest < 0) rest += 86400000000, days--;
  // The civil calendar from days; years begin in March, so that the leap day is the last one.
  int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, in_era = z - era * 146097;
  int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
  int64_t in_year = in_era - (365 * y + y / 4 - y / 100), m = (5 * in_year + 2) / 153;
  int64_t day = in_year - (153 * m + 2) / 5 + 1, month = m < 10 ? m + 3 : m - 9, year = y + era * 400 + (month <= 2);
  int64_t second = rest / 1000000, fraction = rest % 1000000;
  char text[48], *at = text;
  *at++ = '"';
  if (year >= 0 && year <= 9999) at = two(two(at, year / 100), year % 100);
  else at += snprintf(at, 24, "%04lld", (long long)year);
  *at++ = '-', at = two(at, month), *at++ = '-', at = two(at, day);
  *at++ = 'T', at = two(at, second / 3600), *at++ = ':', at = two(at, second / 60 % 60), *at++ = ':', at = two(at, second % 60);
  if (fraction) *at++ = '.', at = three(at, fraction / 1000);
  if (fraction % 1000) at = three(at, fraction % 1000);
  *at++ = 'Z', *at++ = '"';
  lectern_bytes_append(bytes, text, (size_t)(at - text));
}
