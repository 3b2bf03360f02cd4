// Hashes whose values are stored or shared, so that they may never change.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Kafka's murmur2 of a key's bytes; a partition is `(value & 0x7fffffff) % count`.
uint32_t lectern_murmur2(const uint8_t *bytes, size_t length);

/// SipHash-2-4 under a 128-bit key: the pseudonym of an actor.
uint64_t lectern_siphash(const uint8_t key[16], const uint8_t *bytes, size_t length);

/// The bits of a UUID in its canonical form (36 characters, lower case). Returns 0 if the text is none.
int lectern_uuid(const uint8_t *text, size_t length, uint64_t *high, uint64_t *low);

#ifdef __cplusplus
}
#endif
