// A plugin that was built with ABI 1.7, which does not exist: its structs have grown, it offers an extension that no
// host knows, and asks the host for one. A host of 1.0 runs the part that it knows.
//
//     -D REQUIRES='"lectern.reducers/1"'    what the note says that the host must know
#include <lectern/lectern.h>
#include <string.h>

#define TEXT(LITERAL) {LITERAL, sizeof(LITERAL) - 1}

// What a later header might declare: the fields of 1.0, then others.
typedef struct {
  lectern_input known;
  void (*forget)(void *context);
} future_input;
typedef struct {
  lectern_reducer known;
  uint64_t cost;
  void (*explain)(void *context, const void *state, const lectern_writer *writer);
} future_reducer;
typedef struct {
  lectern_reducers known;
  const void *more;
} future_reducers;
typedef struct {
  lectern_plugin known;
  void (*pause)(void *context);
} future_plugin;
typedef struct {
  lectern_entry known;
  lectern_status (*probe)(void);
} future_entry;

typedef struct {
  uint64_t events;
} state;

static void read_events(void *context, const lectern_read_batch *batch) {
  (void)context;
  memset(batch->status, 0, batch->count);
}

static void init(void *context, void *memory) {
  (void)context;
  ((state *)memory)->events = 0;
}

static void reduce(void *context, const lectern_reduce_batch *batch) {
  (void)context;
  for (uint32_t k = 0; k < batch->count; k++) ((state *)batch->states[k])->events++;
}

static lectern_status encode(void *context, const void *memory, const lectern_writer *writer) {
  (void)context;
  // Below 24 a whole number is one byte of CBOR.
  uint8_t byte = (uint8_t)((const state *)memory)->events;
  if (((const state *)memory)->events > 23) return LECTERN_FAILED;
  writer->write(writer->context, &byte, 1);
  return LECTERN_OK;
}

static lectern_status decode(void *context, const void *bytes, uint64_t length, void *memory) {
  (void)context;
  if (length != 1) return LECTERN_BAD_STATE;
  ((state *)memory)->events = *(const uint8_t *)bytes;
  return LECTERN_OK;
}

static void never(void *context) {
  (void)context;
  __builtin_trap();
}
static void never_explain(void *context, const void *memory, const lectern_writer *writer) {
  (void)memory, (void)writer;
  never(context);
}

static const future_input the_input = {.known = {.size = sizeof the_input, .read = read_events}, .forget = never};
static const lectern_key_part key[] = {{.kind = LECTERN_KEY_ACTOR, .name = TEXT("actor")}};
static const future_reducer counts = {
    .known =
        {
            .size = sizeof counts,
            .id = TEXT("counts"),
            .version = 1,
            .key_count = 1,
            .key = key,
            .state_size = sizeof(state),
            .state_align = _Alignof(state),
            .init = init,
            .reduce = reduce,
            .encode = encode,
            .decode = decode,
        },
    .cost = UINT64_MAX,
    .explain = never_explain,
};
static const lectern_input *const inputs[] = {&the_input.known};
static const lectern_reducer *const reducer_list[] = {&counts.known};
static const future_reducers reducers = {
    .known = {.size = sizeof reducers, .input_count = 1, .reducer_count = 1, .inputs = inputs, .reducers = reducer_list},
    .more = &reducers,
};

static const void *extension(void *context, lectern_text id) {
  (void)context;
  const size_t length = sizeof LECTERN_REDUCERS - 1;
  if (id.length == length && memcmp(id.start, LECTERN_REDUCERS, length) == 0) return &reducers;
  // "lectern.forecasts/1" would be here.
  return NULL;
}

static lectern_status create(const lectern_host *host, lectern_text settings, lectern_plugin *plugin) {
  (void)settings;
  const lectern_text clock = TEXT("lectern.clock/1");
  const lectern_text reduced = TEXT("this host has no lectern.clock/1: going on without");
  if (host->extension(host, clock) == NULL) host->log(host, LECTERN_LOG_WARNING, reduced);
  plugin->extension = extension;
  plugin->destroy = never;
  // What the host does not know has no room in its struct.
  if (plugin->size >= sizeof(future_plugin)) ((future_plugin *)plugin)->pause = never;
  return LECTERN_OK;
}

#define NOTE                                                                                                           \
  "abi=1.7\nid=from-the-future\nversion=9.0.0\nsdk=1.7.2\nlanguage=c\ntoolchain=" __VERSION__ "\nrequires=" REQUIRES    \
  "\noptional=lectern.forecasts/1,lectern.clock/1\nmood=hopeful\n"

static const struct {
  uint32_t owner_length, text_length, type;
  char owner[8];
  char text[sizeof NOTE - 1];
} note __attribute__((used, section(".note.lectern"), aligned(4))) = {8, sizeof NOTE - 1, 1, "Lectern", NOTE};

__attribute__((visibility("default"))) const lectern_entry *lectern_plugin_entry_v1(void);
const lectern_entry *lectern_plugin_entry_v1(void) {
  static const future_entry entry = {
      .known = {.size = sizeof entry, .abi_major = LECTERN_ABI_MAJOR, .abi_minor = 7, .create = create}};
  return &entry.known;
}
