#include "timestamp.h"

static int digits(const char *s, int n, int *value) {
  int v = 0;
  for (int i = 0; i < n; i++) {
    unsigned d = (unsigned)(s[i] - '0');
    if (d > 9) return 0;
    v = v * 10 + (int)d;
  }
  *value = v;
  return 1;
}

int lectern_parse_timestamp(const char *s, size_t n, int64_t *microseconds, uint8_t *precision) {
  static const uint8_t month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year, month, day, hour, minute, second;
  if (n < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':') return 0;
  if (!digits(s, 4, &year) || !digits(s + 5, 2, &month) || !digits(s + 8, 2, &day) || !digits(s + 11, 2, &hour) ||
      !digits(s + 14, 2, &minute) || !digits(s + 17, 2, &second))
    return 0;
  if (year < 1 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return 0;
  int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (day < 1 || day > month_days[month - 1] + (leap && month == 2)) return 0;

  size_t i = 19;
  int64_t fraction = 0;
  *precision = 2;
  if (s[i] == '.') {
    int count = 0;
    for (i++; i < n && (unsigned)(s[i] - '0') <= 9; i++, count++)
      if (count < 6) fraction = fraction * 10 + (s[i] - '0');
    if (!count) return 0;
    *precision = count <= 3 ? 3 : 4;
    for (; count < 6; count++) fraction *= 10;
  }
  int offset = 0;
  if (i >= n) return 0;
  if (s[i] == 'Z') {
    if (i + 1 != n) return 0;
  } else if (s[i] == '+' || s[i] == '-') {
    int h, m;
    if (i + 6 != n || s[i + 3] != ':' || !digits(s + i + 1, 2, &h) || !digits(s + i + 4, 2, &m) || h > 23 || m > 59)
      return 0;
    offset = (h * 60 + m) * (s[i] == '+' ? 60 : -60);
  } else {
    return 0;
  }
  // Days from the civil calendar: years begin in March, so that the leap day is the last one.
  int64_t y = year - (month <= 2);
  int64_t era = y / 400;
  int64_t in_era = y - era * 400;
  int64_t in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t days = era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
  *microseconds = ((days * 24 + hour) * 60 + minute) * 60000000 + ((int64_t)second - offset) * 1000000 + fraction;
  return 1;
}
