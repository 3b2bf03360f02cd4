#include "bytes.h"

#include "memory.h"

// From here on a buffer has pages of its own: it grows without being copied, and takes few page faults to fill.
static const size_t large = (size_t)2 << 20;

void lectern_bytes_grow(lectern_bytes *bytes, size_t more) {
  size_t capacity = bytes->capacity ? bytes->capacity * 2 : 256;
  while (capacity - bytes->count < more) capacity *= 2;
  if (capacity < large) {
    bytes->start = realloc(bytes->start, capacity);
    if (!bytes->start) abort();
  } else if (bytes->capacity < large) {
    uint8_t *start = lectern_pages(capacity);
    if (bytes->count) memcpy(start, bytes->start, bytes->count);
    free(bytes->start);
    bytes->start = start;
  } else {
    bytes->start = lectern_pages_grow(bytes->start, bytes->capacity, capacity);
  }
  bytes->capacity = capacity;
}

void lectern_bytes_free(lectern_bytes *bytes) {
  if (bytes->capacity < large) free(bytes->start);
  else lectern_pages_free(bytes->start, bytes->capacity);
  *bytes = (lectern_bytes){0};
}

static void base64(lectern_bytes *bytes, const uint8_t *from, size_t length, const char *letters, int padded) {
  uint8_t *out = lectern_bytes_room(bytes, (length + 2) / 3 * 4), *at = out;
  for (; length >= 3; from += 3, length -= 3) {
    uint32_t v = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
    *at++ = letters[v >> 18], *at++ = letters[v >> 12 & 63], *at++ = letters[v >> 6 & 63], *at++ = letters[v & 63];
  }
  if (length) {
    uint32_t v = (uint32_t)from[0] << 16 | (length == 2 ? (uint32_t)from[1] << 8 : 0);
    *at++ = letters[v >> 18], *at++ = letters[v >> 12 & 63];
    if (length == 2) *at++ = letters[v >> 6 & 63];
    else if (padded) *at++ = '=';
    if (padded) *at++ = '=';
  }
  bytes->count += (size_t)(at - out);
}

void lectern_base64(lectern_bytes *bytes, const uint8_t *from, size_t length) {
  base64(bytes, from, length, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 1);
}

static void base64url(lectern_bytes *bytes, const uint8_t *from, size_t length) {
  base64(bytes, from, length, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 0);
}

void lectern_cbor_head(lectern_bytes *bytes, uint8_t major, uint64_t v) {
  uint8_t *at = lectern_bytes_room(bytes, 9);
  int size = v < 24 ? 0 : v <= 0xff ? 1 : v <= 0xffff ? 2 : v <= 0xffffffff ? 4 : 8;
  at[0] = (uint8_t)(major << 5 | (size == 0 ? v : size == 1 ? 24 : size == 2 ? 25 : size == 4 ? 26 : 27));
  for (int i = 0; i < size; i++) at[1 + i] = (uint8_t)(v >> (8 * (size - 1 - i)));
  bytes->count += 1 + (size_t)size;
}
void lectern_cbor_text(lectern_bytes *bytes, const uint8_t *text, size_t length) {
  lectern_cbor_head(bytes, 3, length);
  lectern_bytes_append(bytes, text, length);
}
void lectern_cbor_integer(lectern_bytes *bytes, int64_t value) {
  if (value >= 0) lectern_cbor_head(bytes, 0, (uint64_t)value);
  else lectern_cbor_head(bytes, 1, ~(uint64_t)value);
}

int lectern_cbor_read_head(const uint8_t **at, const uint8_t *end, uint8_t *major, uint64_t *argument, uint8_t *size) {
  const uint8_t *p = *at;
  if (p >= end) return 0;
  uint8_t low = *p & 31;
  *major = *p++ >> 5;
  if (low < 24) {
    *argument = low, *size = 0;
  } else {
    if (low > 27) return 0;
    int n = 1 << (low - 24);
    if (end - p < n) return 0;
    uint64_t v = 0;
    for (int i = 0; i < n; i++) v = v << 8 | *p++;
    *argument = v, *size = (uint8_t)n;
  }
  *at = p;
  return 1;
}

static double half(uint64_t bits) {
  int exponent = bits >> 10 & 31;
  double mantissa = (double)(bits & 1023);
  double v = exponent == 0    ? mantissa * 0x1p-24
             : exponent == 31 ? (mantissa ? __builtin_nan("") : __builtin_inf())
                              : (mantissa + 1024) * __builtin_ldexp(1, exponent - 25);
  return bits & 0x8000 ? -v : v;
}

static int simple(lectern_bytes *out, uint64_t bits, uint8_t size) {
  double number;
  float narrow;
  uint32_t low = (uint32_t)bits;
  switch (size) {
    case 0:
      if (bits == 20) lectern_bytes_append(out, "false", 5);
      else if (bits == 21) lectern_bytes_append(out, "true", 4);
      else if (bits == 22 || bits == 23) lectern_bytes_append(out, "null", 4);
      else return 0;
      return 1;
    case 2: number = half(bits); break;
    case 4: memcpy(&narrow, &low, 4), number = narrow; break;
    case 8: memcpy(&number, &bits, 8); break;
    default: return 0;
  }
  lectern_json_number(out, number);
  return 1;
}

static int item(lectern_bytes *out, const uint8_t **at, const uint8_t *end, int depth, int as_key) {
  uint8_t major, size;
  uint64_t n;
  if (depth > 64 || !lectern_cbor_read_head(at, end, &major, &n, &size)) return 0;
  if (major == 6) return item(out, at, end, depth + 1, as_key);
  if (as_key && major > 1 && major != 3) return 0;
  switch (major) {
    case 0:
    case 1: {
      if (as_key) lectern_bytes_byte(out, '"');
      if (n > INT64_MAX) lectern_json_number(out, major ? -1.0 - (double)n : (double)n);
      else lectern_json_integer(out, major ? ~(int64_t)n : (int64_t)n);
      if (as_key) lectern_bytes_byte(out, '"');
      return 1;
    }
    case 2:
    case 3:
      if ((uint64_t)(end - *at) < n) return 0;
      if (major == 3) {
        lectern_json_text(out, *at, n);
      } else {
        lectern_bytes_byte(out, '"');
        base64url(out, *at, n);
        lectern_bytes_byte(out, '"');
      }
      *at += n;
      return 1;
    case 4:
    case 5:
      lectern_bytes_byte(out, major == 4 ? '[' : '{');
      for (uint64_t i = 0; i < n; i++) {
        if (i) lectern_bytes_byte(out, ',');
        if (major == 5) {
          if (!item(out, at, end, depth + 1, 1)) return 0;
          lectern_bytes_byte(out, ':');
        }
        if (!item(out, at, end, depth + 1, 0)) return 0;
      }
      lectern_bytes_byte(out, major == 4 ? ']' : '}');
      return 1;
    default:
      return simple(out, n, size);
  }
}

// Bytes of the integer that begins so; 0: it is none.
static ptrdiff_t integer_size(uint8_t head) {
  uint8_t low = head & 31;
  return head >> 5 > 1 || low > 27 ? 0 : low < 24 ? 1 : 1 + ((ptrdiff_t)1 << (low - 24));
}

static bool skip_item(const uint8_t **at, const uint8_t *end, int depth) {
  uint8_t major, size;
  uint64_t n;
  if (depth > 64 || !lectern_cbor_read_head(at, end, &major, &n, &size)) return false;
  switch (major) {
    case 2:
    case 3:
      if (n > (uint64_t)(end - *at)) return false;
      *at += n;
      return true;
    case 4:
    case 5:
      if (n > (uint64_t)(end - *at)) return false;
      for (uint64_t left = major == 4 ? n : 2 * n; left > 0; left--) {
        // Most are integers; what these are does not matter here.
        ptrdiff_t size = depth < 64 && *at < end ? integer_size(**at) : 0;
        if (size > 0 && size <= end - *at) *at += size;
        else if (!skip_item(at, end, depth + 1)) return false;
      }
      return true;
    case 6: return skip_item(at, end, depth + 1);
    default: return true;
  }
}

bool lectern_cbor_is_item(const uint8_t *start, size_t length) {
  const uint8_t *at = start, *end = start + length;
  return length > 0 && skip_item(&at, end, 0) && at == end;
}

bool lectern_cbor_is_key(const uint8_t *start, size_t length, uint64_t parts) {
  const uint8_t *at = start, *end = start + length;
  uint8_t major, size;
  uint64_t n;
  if (length == 0 || !lectern_cbor_read_head(&at, end, &major, &n, &size) || major != 4 || n != parts) return false;
  for (; parts > 0; parts--) {
    if (!lectern_cbor_read_head(&at, end, &major, &n, &size)) return false;
    if (major == 3) {
      if (n > (uint64_t)(end - at)) return false;
      at += n;
    } else if (major > 1 && !(major == 7 && (n == 20 || n == 21))) {
      return false;
    }
  }
  return at == end;
}

size_t lectern_cbor_json(lectern_bytes *bytes, const uint8_t *start, size_t length) {
  const uint8_t *at = start;
  return item(bytes, &at, start + length, 0, 0) ? (size_t)(at - start) : 0;
}
