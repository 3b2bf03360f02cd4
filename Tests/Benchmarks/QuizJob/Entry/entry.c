#include <lectern/note.h>
LECTERN_PLUGIN("quiz-job", "1.0.0", swift, "lectern.reducers/1", quiz_job_create)
