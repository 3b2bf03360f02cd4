#include <lectern/note.h>
LECTERN_PLUGIN("edx-tracking", "1.0.0", swift, "lectern.sources/1", edx_tracking_create)
