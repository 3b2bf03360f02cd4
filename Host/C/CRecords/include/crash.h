// What ends the process while one of its threads is in foreign code.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Stand for a call of `exit`, and for one that did not return in time.
enum { LECTERN_CRASH_EXIT = 255, LECTERN_CRASH_HANG = 254 };

/// If this thread ends the process by a trap, an abort or an exit, the signal's number or `LECTERN_CRASH_EXIT` is put where
/// the caller says, which must stay valid as long as the thread; NULL: no longer. The process ends all the same, after an
/// `exit` at once and with status 70.
void lectern_note_crashes(uint32_t *where);

/// From now on, instead of ending in that way, the process begins anew: the same program with these arguments, which end with
/// NULL and must stay valid. Its id stays, its descriptors close.
void lectern_restart_on_crash(char *const *arguments);

/// Begins anew at once, for a call that does not return. Returns if `lectern_restart_on_crash` was not called.
void lectern_restart(void);

#ifdef __cplusplus
}
#endif
