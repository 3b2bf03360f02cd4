#include <lectern/note.h>
LECTERN_PLUGIN("event-aggregations", "1.0.0", swift, "lectern.reducers/1,lectern.tables/1,lectern.windows/1", event_aggregations_create)
