#include "hashes.h"

#include <string.h>

uint32_t lectern_murmur2(const uint8_t *bytes, size_t length) {
  const uint32_t m = 0x5bd1e995;
  uint32_t h = 0x9747b28cu ^ (uint32_t)length;
  for (; length >= 4; bytes += 4, length -= 4) {
    uint32_t k;
    memcpy(&k, bytes, 4);
    k *= m;
    k ^= k >> 24;
    k *= m;
    h *= m;
    h ^= k;
  }
  switch (length) {
    case 3: h ^= (uint32_t)bytes[2] << 16; /* fall through */
    case 2: h ^= (uint32_t)bytes[1] << 8;  /* fall through */
    case 1: h ^= bytes[0]; h *= m;
  }
  h ^= h >> 13;
  h *= m;
  return h ^ h >> 15;
}

static inline uint64_t rotate(uint64_t x, int n) { return x << n | x >> (64 - n); }

typedef struct {
  uint64_t a, b, c, d;
} sip;

static inline void round_(sip *s) {
  s->a += s->b, s->b = rotate(s->b, 13) ^ s->a, s->a = rotate(s->a, 32);
  s->c += s->d, s->d = rotate(s->d, 16) ^ s->c;
  s->a += s->d, s->d = rotate(s->d, 21) ^ s->a;
  s->c += s->b, s->b = rotate(s->b, 17) ^ s->c, s->c = rotate(s->c, 32);
}

uint64_t lectern_siphash(const uint8_t key[16], const uint8_t *bytes, size_t length) {
  uint64_t k0, k1, w = 0;
  memcpy(&k0, key, 8), memcpy(&k1, key + 8, 8);
  sip s = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u};
  size_t left = length;
  for (; left >= 8; bytes += 8, left -= 8) {
    memcpy(&w, bytes, 8);
    s.d ^= w, round_(&s), round_(&s), s.a ^= w;
  }
  w = 0;
  memcpy(&w, bytes, left);
  w |= (uint64_t)length << 56;
  s.d ^= w, round_(&s), round_(&s), s.a ^= w;
  s.c ^= 0xff;
  for (int i = 0; i < 4; i++) round_(&s);
  return s.a ^ s.b ^ s.c ^ s.d;
}

/// The value of a lower-case hexadecimal digit, and 0x80 for every other byte.
static uint8_t nibbles[256];

__attribute__((constructor)) static void fill_nibbles(void) {
  memset(nibbles, 0x80, sizeof nibbles);
  for (int i = 0; i < 10; i++) nibbles['0' + i] = (uint8_t)i;
  for (int i = 0; i < 6; i++) nibbles['a' + i] = (uint8_t)(10 + i);
}

/// Adds `count` digits to the word; what is no digit sets `*wrong`.
static inline uint64_t hexadecimal(uint64_t word, const uint8_t *text, int count, uint8_t *wrong) {
  for (int i = 0; i < count; i++) {
    uint8_t v = nibbles[text[i]];
    *wrong |= v;
    word = word << 4 | (v & 15);
  }
  return word;
}

int lectern_uuid(const uint8_t *t, size_t length, uint64_t *high, uint64_t *low) {
  if (length != 36 || t[8] != '-' || t[13] != '-' || t[18] != '-' || t[23] != '-') return 0;
  uint8_t wrong = 0;
  *high = hexadecimal(hexadecimal(hexadecimal(0, t, 8, &wrong), t + 9, 4, &wrong), t + 14, 4, &wrong);
  *low = hexadecimal(hexadecimal(0, t + 19, 4, &wrong), t + 24, 12, &wrong);
  return !(wrong & 0x80);
}
