#include <lectern/note.h>
LECTERN_PLUGIN("quiz-analytics", "1.1.0", swift, "lectern.reducers/1,lectern.tables/1", quiz_analytics_create)
