// RFC 3339 time stamps, as they stand in events.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Reads `YYYY-MM-DDTHH:MM:SS[.digits](Z|+HH:MM|-HH:MM)`: real calendar values, upper-case letters, years 1 to 9999. Digits
/// beyond microseconds are dropped. Sets microseconds since 1970 UTC and the precision (LECTERN_PRECISION_...: second without a
/// fraction, millisecond up to 3 digits, else microsecond). Returns 1, or 0 if the text is not such a time.
int lectern_parse_timestamp(const char *text, size_t length, int64_t *microseconds, uint8_t *precision);

#ifdef __cplusplus
}
#endif
