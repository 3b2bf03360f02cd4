#include "lectern/lectern.h"

const char *lectern_toolchain(void) { return __VERSION__; }
