// Not of the ABI: a hint to the processor that the SDK gives.
#pragma once

/// Has a cache line on its way before it is needed; any address will do.
static inline void lectern_fetch_soon(const void *address) { __builtin_prefetch(address); }
