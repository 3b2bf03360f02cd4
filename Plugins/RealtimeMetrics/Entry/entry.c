#include <lectern/note.h>
LECTERN_PLUGIN("realtime-metrics", "1.0.0", swift, "lectern.reducers/1,lectern.tables/1", realtime_metrics_create)
