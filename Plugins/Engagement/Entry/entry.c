#include <lectern/note.h>
LECTERN_PLUGIN("engagement", "1.0.0", swift, "lectern.reducers/1,lectern.tables/1", engagement_create)
