// A plugin in C11 that folds what was looked up of events: it counts each actor's events by country and part of the day, as
// learner-context's enrichers have them, and by what the answer was worth.
#include <lectern/lectern.h>
#include <string.h>

#define TEXT(LITERAL) {LITERAL, sizeof(LITERAL) - 1}

typedef struct {
  uint64_t events;
} state;

static void read_events(void *context, const lectern_read_batch *batch) {
  (void)context;
  for (uint32_t k = 0; k < batch->count; k++) batch->status[k] = 0;
}

static void init(void *context, void *memory) {
  (void)context;
  ((state *)memory)->events = 0;
}

static void reduce(void *context, const lectern_reduce_batch *batch) {
  (void)context;
  for (uint32_t k = 0; k < batch->count; k++) ((state *)batch->states[k])->events++;
}

// An unsigned integer of four bytes.
static lectern_status encode(void *context, const void *memory, const lectern_writer *writer) {
  (void)context;
  uint64_t events = ((const state *)memory)->events;
  uint8_t bytes[5] = {0x1a, (uint8_t)(events >> 24), (uint8_t)(events >> 16), (uint8_t)(events >> 8), (uint8_t)events};
  writer->write(writer->context, bytes, sizeof bytes);
  return LECTERN_OK;
}

static lectern_status decode(void *context, const void *bytes, uint64_t length, void *memory) {
  (void)context;
  const uint8_t *at = bytes;
  if (length != 5 || at[0] != 0x1a) return LECTERN_BAD_STATE;
  ((state *)memory)->events = (uint64_t)at[1] << 24 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 8 | at[4];
  return LECTERN_OK;
}

static const lectern_input input = {.size = sizeof input, .input_size = 8, .input_align = 8, .read = read_events};

static const lectern_key_part country_key[] = {
    {.kind = LECTERN_KEY_ACTOR, .name = TEXT("actor")},
    {.kind = LECTERN_KEY_FIELD, .path = TEXT("user_context.country"), .name = TEXT("country")},
    {.kind = LECTERN_KEY_FIELD, .path = TEXT("derived_context.time_of_day"), .name = TEXT("part")}};
static const lectern_key_part status_key[] = {
    {.kind = LECTERN_KEY_ACTOR, .name = TEXT("actor")},
    {.kind = LECTERN_KEY_FIELD, .path = TEXT("enrichment.user_context"), .name = TEXT("status")}};

#define REDUCER(ID, KEY)                                                                                             \
  {.size = sizeof(lectern_reducer), .id = TEXT(ID), .version = 1, .key_count = sizeof KEY / sizeof *KEY, .key = KEY, \
   .state_size = sizeof(state), .state_align = _Alignof(state), .init = init, .reduce = reduce, .encode = encode,    \
   .decode = decode}
static const lectern_reducer countries = REDUCER("countries", country_key);
static const lectern_reducer statuses = REDUCER("statuses", status_key);

static const lectern_input *const inputs[] = {&input};
static const lectern_reducer *const items[] = {&countries, &statuses};
static const lectern_reducers reducers = {
    .size = sizeof reducers, .input_count = 1, .reducer_count = 2, .inputs = inputs, .reducers = items};

static const void *extension(void *context, lectern_text id) {
  (void)context;
  size_t length = sizeof LECTERN_REDUCERS - 1;
  return id.length == length && memcmp(id.start, LECTERN_REDUCERS, length) == 0 ? &reducers : NULL;
}

static void destroy(void *context) { (void)context; }

static lectern_status create(const lectern_host *host, lectern_text settings, lectern_plugin *plugin) {
  (void)host, (void)settings;
  plugin->context = NULL;
  plugin->extension = extension;
  plugin->destroy = destroy;
  return LECTERN_OK;
}

LECTERN_PLUGIN("countries-in-c", "1.0.0", c, "lectern.reducers/1", create)
