// A plugin of ABI 1.0 that uses all of it. Its binary, abi-one.so, was built when 1.0 was frozen and is loaded by a
// test of every later host: it is never built again, and this file is never changed. It was built by
//
//     gcc -std=c11 -Os -s -fPIC -shared -fvisibility=hidden -Wl,-z,nodelete,-z,defs,-z,noseparate-code,--build-id
//         -I PluginAPI/CPluginAPI/include Tests/Plugins/AbiOneC/abi-one.c -o Tests/Plugins/AbiOneC/abi-one.so
#include <lectern/lectern.h>
#include <stdbool.h>
#include <string.h>

#define TEXT(LITERAL) {LITERAL, sizeof(LITERAL) - 1}

static bool equal(lectern_text a, lectern_text b) {
  return a.length == b.length && memcmp(a.start, b.start, a.length) == 0;
}

// MARK: Canonical CBOR, as far as it is needed: small maps of short names to integers.

typedef struct {
  uint8_t bytes[96];
  size_t length;
} item;

static void head(item *to, uint8_t major, uint64_t value) {
  static const uint8_t forms[] = {[1] = 24, [2] = 25, [4] = 26, [8] = 27};
  int bytes = value < 24 ? 0 : value <= 0xff ? 1 : value <= 0xffff ? 2 : value <= 0xffffffff ? 4 : 8;
  to->bytes[to->length++] = (uint8_t)(major << 5 | (bytes == 0 ? value : forms[bytes]));
  while (bytes-- > 0) to->bytes[to->length++] = (uint8_t)(value >> 8 * bytes);
}

static void member(item *to, const char *name, int64_t value) {
  size_t length = strlen(name);
  head(to, 3, length);
  memcpy(to->bytes + to->length, name, length);
  to->length += length;
  head(to, value < 0, (uint64_t)(value < 0 ? ~value : value));
}

static lectern_status put(const item *from, const lectern_writer *writer) {
  writer->write(writer->context, from->bytes, from->length);
  return LECTERN_OK;
}

typedef struct {
  const uint8_t *at, *end;
} reader;

static bool take(reader *from, uint8_t major, uint64_t *value) {
  if (from->at == from->end || *from->at >> 5 != major) return false;
  uint8_t form = *from->at++ & 31;
  *value = form;
  if (form < 24) return true;
  if (form > 27) return false;
  size_t bytes = (size_t)1 << (form - 24);
  if ((size_t)(from->end - from->at) < bytes) return false;
  for (*value = 0; bytes > 0; bytes--) *value = *value << 8 | *from->at++;
  return true;
}

static bool take_member(reader *from, const char *name, int64_t *value) {
  uint64_t length, raw;
  if (!take(from, 3, &length) || length != strlen(name) || (uint64_t)(from->end - from->at) < length) return false;
  if (memcmp(from->at, name, length) != 0) return false;
  from->at += length;
  bool negative = from->at != from->end && *from->at >> 5 == 1;
  if (!take(from, negative, &raw) || raw > INT64_MAX) return false;
  *value = negative ? ~(int64_t)raw : (int64_t)raw;
  return true;
}

// MARK: Reading events: `points`, a whole number that is required, and `word`, which the key of a reducer names.

typedef struct {
  int64_t points, time;
} input;

static void read_events(void *context, const lectern_read_batch *batch) {
  (void)context;
  const lectern_text path = TEXT("points");
  uint32_t slot = UINT32_MAX;
  for (uint32_t i = 0; i < batch->fields->count; i++)
    if (equal(batch->fields->items[i].path, path)) slot = batch->fields->items[i].slot;
  for (uint32_t k = 0; k < batch->count; k++) {
    const char *bytes = (const char *)batch->events + (size_t)batch->pick[k] * batch->event_stride;
    const lectern_event *event = (const lectern_event *)bytes;
    input *made = (input *)((char *)batch->inputs + (size_t)k * batch->input_stride);
    lectern_value points;
    if (slot == UINT32_MAX)
      batch->fields->find(batch->fields->context, event, path, &points);
    else
      points = event->values[slot];
    batch->status[k] = points.tag != LECTERN_INTEGER;
    if (points.tag != LECTERN_INTEGER) {
      const lectern_text reason = TEXT("points: expected a whole number");
      batch->reject(batch->context, k, reason);
    }
    made->points = points.as.integer;
    made->time = event->flags & LECTERN_TIME_CLAIMED ? event->time : 0;
  }
}

static const lectern_input the_input = {
    .size = sizeof the_input, .input_size = sizeof(input), .input_align = _Alignof(input), .read = read_events};

// MARK: totals: of each actor. A total below 0 can't be written, which shows how that fails.

typedef struct {
  int64_t events, last, points;
} totals_state;

static const lectern_host *the_host;

static lectern_status refuse(void) {
  const lectern_text reason = TEXT("points: expected a total of at least 0, found one below");
  the_host->fail(the_host, reason);
  return LECTERN_FAILED;
}

static void totals_init(void *context, void *memory) {
  (void)context;
  memset(memory, 0, sizeof(totals_state));
}

static void totals_reduce(void *context, const lectern_reduce_batch *batch) {
  (void)context;
  for (uint32_t k = 0; k < batch->count; k++) {
    totals_state *state = batch->states[k];
    const input *event = batch->inputs[k];
    state->events++;
    state->points += event->points;
    if (event->time > state->last) state->last = event->time;
  }
}

static lectern_status totals_encode(void *context, const void *memory, const lectern_writer *writer) {
  (void)context;
  const totals_state *state = memory;
  if (state->points < 0) return refuse();
  item made = {.length = 0};
  head(&made, 5, 3);
  member(&made, "last", state->last);
  member(&made, "events", state->events);
  member(&made, "points", state->points);
  return put(&made, writer);
}

static lectern_status totals_decode(void *context, const void *bytes, uint64_t length, void *memory) {
  (void)context;
  totals_state *state = memory;
  reader from = {bytes, (const uint8_t *)bytes + length};
  uint64_t members;
  bool fits = take(&from, 5, &members) && members == 3 && take_member(&from, "last", &state->last) &&
              take_member(&from, "events", &state->events) && take_member(&from, "points", &state->points);
  return fits && from.at == from.end ? LECTERN_OK : LECTERN_BAD_STATE;
}

static lectern_status totals_external(void *context, const void *memory, const lectern_writer *writer) {
  (void)context;
  const totals_state *state = memory;
  if (state->points < 0) return refuse();
  item made = {.length = 0};
  head(&made, 5, 2);
  member(&made, "events", state->events);
  member(&made, "average", state->points / state->events);
  return put(&made, writer);
}

static const lectern_key_part totals_key[] = {{.kind = LECTERN_KEY_ACTOR, .name = TEXT("actor")}};
static const lectern_text totals_types[] = {TEXT("points")};
static const lectern_reducer totals = {
    .size = sizeof totals,
    .id = TEXT("totals"),
    .version = 1,
    .type_count = 1,
    .types = totals_types,
    .key_count = 1,
    .key = totals_key,
    .state_size = sizeof(totals_state),
    .state_align = _Alignof(totals_state),
    .init = totals_init,
    .reduce = totals_reduce,
    .encode = totals_encode,
    .decode = totals_decode,
    .external = totals_external,
};

// MARK: words: of each word and day, over all actors; spread, so its parts are merged.

typedef struct {
  int64_t count;
} words_state;

static void words_init(void *context, void *memory) {
  (void)context;
  memset(memory, 0, sizeof(words_state));
}

static void words_reduce(void *context, const lectern_reduce_batch *batch) {
  (void)context;
  for (uint32_t k = 0; k < batch->count; k++) ((words_state *)batch->states[k])->count++;
}

static lectern_status words_encode(void *context, const void *memory, const lectern_writer *writer) {
  (void)context;
  item made = {.length = 0};
  head(&made, 5, 1);
  member(&made, "count", ((const words_state *)memory)->count);
  return put(&made, writer);
}

static lectern_status words_decode(void *context, const void *bytes, uint64_t length, void *memory) {
  (void)context;
  reader from = {bytes, (const uint8_t *)bytes + length};
  uint64_t members;
  bool fits = take(&from, 5, &members) && members == 1 && take_member(&from, "count", &((words_state *)memory)->count);
  return fits && from.at == from.end ? LECTERN_OK : LECTERN_BAD_STATE;
}

static void words_merge(void *context, void *memory, const void *other) {
  (void)context;
  ((words_state *)memory)->count += ((const words_state *)other)->count;
}

static const lectern_key_part words_key[] = {
    {.kind = LECTERN_KEY_FIELD, .path = TEXT("word"), .name = TEXT("word")},
    {.kind = LECTERN_KEY_DAY, .name = TEXT("day")},
};
static const lectern_reducer words = {
    .size = sizeof words,
    .id = TEXT("words"),
    .version = 1,
    .key_count = 2,
    .key = words_key,
    .state_size = sizeof(words_state),
    .state_align = _Alignof(words_state),
    .init = words_init,
    .reduce = words_reduce,
    .encode = words_encode,
    .decode = words_decode,
    .merge = words_merge,
};

static const lectern_input *const inputs[] = {&the_input};
static const lectern_reducer *const reducer_list[] = {&totals, &words};
static const lectern_reducers reducers = {
    .size = sizeof reducers, .input_count = 1, .reducer_count = 2, .inputs = inputs, .reducers = reducer_list};

// MARK: class: the totals of all actors.

typedef struct {
  int64_t actors, points;
} class_total;

static void class_init(void *context, void *memory) {
  (void)context;
  memset(memory, 0, sizeof(class_total));
}

static void class_change(class_total *total, int64_t sign, const totals_state *state) {
  total->actors += sign;
  total->points += sign * state->points;
}

static void class_add(void *context, void *memory, const lectern_key *key, const void *state) {
  (void)context, (void)key;
  class_change(memory, 1, state);
}

static void class_retract(void *context, void *memory, const lectern_key *key, const void *state) {
  (void)context, (void)key;
  class_change(memory, -1, state);
}

static lectern_status class_encode(void *context, const void *memory, const lectern_writer *writer) {
  (void)context;
  const class_total *total = memory;
  item made = {.length = 0};
  head(&made, 5, 2);
  member(&made, "actors", total->actors);
  member(&made, "points", total->points);
  return put(&made, writer);
}

static const lectern_aggregator class = {
    .size = sizeof class,
    .id = TEXT("class"),
    .reducer = TEXT("totals"),
    .accumulator_size = sizeof(class_total),
    .accumulator_align = _Alignof(class_total),
    .init = class_init,
    .add = class_add,
    .retract = class_retract,
    .encode = class_encode,
};
static const lectern_aggregator *const aggregator_list[] = {&class};
static const lectern_aggregators aggregators = {.size = sizeof aggregators, .count = 1, .items = aggregator_list};

// MARK: Tables and a dashboard

static lectern_value integer(int64_t value) {
  lectern_value made = {.tag = LECTERN_INTEGER, .as.integer = value};
  return made;
}

static void word_rows(void *context, const lectern_key *key, const void *memory, const lectern_rows *rows) {
  (void)context;
  const words_state *state = memory;
  // An actor whose name is the word, for the sake of looking a state up.
  lectern_key actor = {.size = sizeof actor, .count = 1, .parts = key->parts};
  const lectern_text reducer = TEXT("totals");
  const totals_state *named = rows->lookup(rows->context, reducer, &actor);
  lectern_value cells[4] = {key->parts[0], key->parts[1], integer(state->count), {.tag = LECTERN_NULL}};
  if (named != NULL) cells[3] = integer(named->points);
  rows->emit(rows->context, cells, 4);
}

static const lectern_column word_columns[] = {
    {.name = TEXT("word"), .title = TEXT("Word"), .type = LECTERN_COLUMN_TEXT, .flags = LECTERN_COLUMN_KEY},
    {.name = TEXT("day"), .type = LECTERN_COLUMN_INTEGER, .flags = LECTERN_COLUMN_KEY},
    {.name = TEXT("count"), .type = LECTERN_COLUMN_INTEGER},
    {.name = TEXT("points_of_namesake"), .type = LECTERN_COLUMN_INTEGER},
};
static const lectern_table word_table = {
    .size = sizeof word_table,
    .id = TEXT("word_counts"),
    .title = TEXT("Words"),
    .from = TEXT("words"),
    .column_count = 4,
    .columns = word_columns,
    .rows = word_rows,
};

static void class_rows(void *context, const lectern_key *key, const void *memory, const lectern_rows *rows) {
  (void)context, (void)key;
  const class_total *total = memory;
  lectern_value all = {.tag = LECTERN_TEXT, .length = 3, .as.text = "all"};
  lectern_value cells[3] = {all, integer(total->actors), integer(total->points)};
  rows->emit(rows->context, cells, 3);
}

static const lectern_column class_columns[] = {
    {.name = TEXT("group"), .type = LECTERN_COLUMN_TEXT, .flags = LECTERN_COLUMN_KEY},
    {.name = TEXT("actors"), .type = LECTERN_COLUMN_INTEGER},
    {.name = TEXT("points"), .type = LECTERN_COLUMN_INTEGER},
};
static const lectern_table class_table = {
    .size = sizeof class_table,
    .id = TEXT("class"),
    .from = TEXT("class"),
    .column_count = 3,
    .columns = class_columns,
    .rows = class_rows,
};
static const lectern_table *const table_list[] = {&word_table, &class_table};
static const lectern_tables tables = {.size = sizeof tables, .count = 2, .items = table_list};

static const lectern_dashboards dashboards = {
    .size = sizeof dashboards,
    .json = TEXT("[{\"id\":\"class\",\"title\":\"Class\",\"empty\":\"Send events.\",\"panels\":["
                 "{\"kind\":\"number\",\"title\":\"Points\",\"table\":\"class\",\"measure\":\"sum\","
                 "\"column\":\"points\"}]}]"),
};

// MARK: A source: lines `ACTOR WORD POINTS`; a line that begins with # holds nothing.

static void decode_line(void *context, lectern_text line, const lectern_source_output *output) {
  (void)context;
  if (line.length == 0 || line.start[0] == '#') return;
  const char *end = line.start + line.length;
  const char *word = memchr(line.start, ' ', line.length);
  const char *points = word == NULL ? NULL : memchr(word + 1, ' ', (size_t)(end - word - 1));
  if (points == NULL || points + 1 == end || end - points > 10) {
    const lectern_text reason = TEXT("line: expected ACTOR WORD POINTS");
    return output->reject(output->context, reason);
  }
  char payload[32] = "{\"points\":";
  size_t length = strlen(payload);
  memcpy(payload + length, points + 1, (size_t)(end - points - 1));
  length += (size_t)(end - points - 1);
  payload[length++] = '}';
  const lectern_source_field fields[] = {{
      .name = TEXT("word"),
      .value = {.tag = LECTERN_TEXT, .length = (uint32_t)(points - word - 1), .as.text = word + 1},
  }};
  lectern_source_event event = {
      .size = sizeof event,
      .flags = LECTERN_TIME_CLAIMED,
      .payload = {payload, length},
      .actor = {line.start, (uint64_t)(word - line.start)},
      .type = TEXT("points"),
      .time = INT64_C(86400000000) * 2,
      .precision = LECTERN_PRECISION_DAY,
      .field_count = 1,
      .fields = fields,
  };
  output->emit(output->context, &event);
}

static const lectern_source lines = {.size = sizeof lines, .id = TEXT("abi-one-lines"), .decode = decode_line};
static const lectern_source *const source_list[] = {&lines};
static const lectern_sources sources = {.size = sizeof sources, .count = 1, .items = source_list};

// MARK: The plugin

static const void *extension(void *context, lectern_text id) {
  (void)context;
  static const struct {
    lectern_text id;
    const void *table;
  } known[] = {
      {TEXT(LECTERN_REDUCERS), &reducers},     {TEXT(LECTERN_AGGREGATORS), &aggregators},
      {TEXT(LECTERN_TABLES), &tables},         {TEXT(LECTERN_DASHBOARDS), &dashboards},
      {TEXT(LECTERN_SOURCES), &sources},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (equal(id, known[i].id)) return known[i].table;
  return NULL;
}

static void destroy(void *context) { (void)context; }

static lectern_status create(const lectern_host *host, lectern_text settings, lectern_plugin *plugin) {
  const lectern_text none = TEXT("{}");
  if (!equal(settings, none)) {
    const lectern_text reason = TEXT("settings: expected none");
    host->fail(host, reason);
    return LECTERN_FAILED;
  }
  the_host = host;
  plugin->extension = extension;
  plugin->destroy = destroy;
  return LECTERN_OK;
}

LECTERN_PLUGIN("abi-one", "1.0.0", c,
               "lectern.reducers/1,lectern.aggregators/1,lectern.tables/1,lectern.dashboards/1,lectern.sources/1",
               create)
