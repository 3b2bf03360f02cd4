#include <lectern/note.h>
LECTERN_PLUGIN("memory-score", "1.0.0", swift, "lectern.reducers/1,lectern.tables/1,lectern.timers/1", memory_score_create)
