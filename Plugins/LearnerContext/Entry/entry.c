#include <lectern/note.h>
LECTERN_PLUGIN("learner-context", "1.0.0", swift, "lectern.enrichers/1,lectern.functions/1", learner_context_create)
