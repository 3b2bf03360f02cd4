// A growing buffer of bytes, and what is written into it: JSON texts and numbers, CBOR.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Owns `start`; all zero is an empty buffer. Ends the process if memory runs out.
typedef struct lectern_bytes {
  uint8_t *start;
  size_t count;
  size_t capacity;
} lectern_bytes;

void lectern_bytes_grow(lectern_bytes *bytes, size_t more);
/// Gives the memory back; the buffer is empty then.
void lectern_bytes_free(lectern_bytes *bytes);

/// Room for `more` bytes at the end, to be claimed by adding to `count`.
static inline uint8_t *lectern_bytes_room(lectern_bytes *bytes, size_t more) {
  if (bytes->capacity - bytes->count < more) lectern_bytes_grow(bytes, more);
  return bytes->start + bytes->count;
}
static inline void lectern_bytes_append(lectern_bytes *bytes, const void *from, size_t length) {
  if (length) memcpy(lectern_bytes_room(bytes, length), from, length);
  bytes->count += length;
}
static inline void lectern_bytes_byte(lectern_bytes *bytes, uint8_t byte) {
  *lectern_bytes_room(bytes, 1) = byte;
  bytes->count++;
}

/// A JSON string with its quotes. `text` must be valid UTF-8. Escapes quote, backslash and control characters, no others.
void lectern_json_text(lectern_bytes *bytes, const uint8_t *text, size_t length);
void lectern_json_integer(lectern_bytes *bytes, int64_t value);
/// The shortest decimal that reads back as the same number; null for NaN and infinities, which JSON lacks.
void lectern_json_number(lectern_bytes *bytes, double value);
/// An RFC 3339 time stamp in UTC with its quotes: as many of milli- and microseconds as are not zero.
void lectern_json_time(lectern_bytes *bytes, int64_t microseconds);

/// The head of a CBOR item: major type 0 to 7 and its argument, in the shortest form.
void lectern_cbor_head(lectern_bytes *bytes, uint8_t major, uint64_t argument);
void lectern_cbor_text(lectern_bytes *bytes, const uint8_t *text, size_t length);
void lectern_cbor_integer(lectern_bytes *bytes, int64_t value);

/// Whether the bytes are exactly one well-formed item, nested at most 64 deep.
bool lectern_cbor_is_item(const uint8_t *start, size_t length);

/// Whether the bytes are a state's key: an array of so many texts, integers and booleans.
bool lectern_cbor_is_key(const uint8_t *start, size_t length, uint64_t parts);
/// Reads a head at `*at` and moves past it. Indefinite lengths are refused. Returns 0 where there is no whole head. For
/// major 7, `argument` holds the bits and `*size` says how many bytes they took (0, 1, 2, 4 or 8).
int lectern_cbor_read_head(const uint8_t **at, const uint8_t *end, uint8_t *major, uint64_t *argument, uint8_t *size);
/// Whether the item is the text of so many bytes. Inline, and without a call for short texts: keys are compared by it.
static inline bool lectern_cbor_is_text(const uint8_t *item, const uint8_t *text, size_t length) {
  if (length < 24) {
    if (*item++ != (0x60 | length)) return false;
    if (length >= 8) {
      uint64_t a, b, c, d;
      memcpy(&a, item, 8);
      memcpy(&b, text, 8);
      memcpy(&c, item + length - 8, 8);
      memcpy(&d, text + length - 8, 8);
      if (a != b || c != d) return false;
      return length <= 16 || memcmp(item + 8, text + 8, 8) == 0;
    }
    for (size_t i = 0; i < length; i++)
      if (item[i] != text[i]) return false;
    return true;
  }
  uint8_t major, size;
  uint64_t argument;
  const uint8_t *at = item;
  if (!lectern_cbor_read_head(&at, item + 9, &major, &argument, &size)) return false;
  return major == 3 && argument == length && memcmp(at, text, length) == 0;
}
/// Writes the CBOR item as compact JSON: byte strings as base64url, tags dropped, keys that are integers as texts. Returns the length of
/// the item, or 0 if it is not one whole, well-formed item nested at most 64 deep.
size_t lectern_cbor_json(lectern_bytes *bytes, const uint8_t *item, size_t length);

/// The bytes in base64 with padding (RFC 4648, section 4), without quotes.
void lectern_base64(lectern_bytes *bytes, const uint8_t *from, size_t length);

#ifdef __cplusplus
}
#endif
