// A plugin in C11: counts each actor's events and remembers when the last one came. It shows that the ABI needs no
// Swift.
//
//     gcc -std=c11 -O2 -fPIC -shared -fvisibility=hidden -Wl,-z,nodelete,-z,defs,--build-id (in one line)
//         -I PluginAPI/CPluginAPI/include Tests/Plugins/CounterInC/counter.c -o counter-in-c.so
//
// With -DVERSION=2 its states are of another version: they count each event twice. With -DCOUNTS=3 it counts three times and
// does not say so. With -DFORGETS it reads no state. With -DMIGRATES=N as well as -DVERSION=2 it brings edges from version 1
// and back, each of which converts N states. With -DTIMER its states ask for a tick an hour after the last event or tick, and
// count it. With -DPADDING=N each state carries N bytes more, and the plugin aborts if they are not as it left them.
// -DID="NAME" is its name.
//
// The rest makes it evil. At each event of the actor "mallory": -DTRAPS, -DABORTS, -DEXITS, -DOVERFLOWS_STACK,
// -DOVERFLOWS_STATE, -DLOOPS, -DLEAKS, -DLEAVES_THREAD, -DCHANGES_PROCESS. Whatever comes: -DGARBLES_STATE, -DWRONG_NOTE,
// -DOTHER_TOOLCHAIN, -DCONSTRUCTOR_TRAPS, -DTRAPS_ALWAYS.
#define _GNU_SOURCE
#include <lectern/lectern.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>
#include <stdlib.h>
#include <string.h>

#ifndef VERSION
#define VERSION 1
#endif

#ifndef COUNTS
#define COUNTS VERSION
#endif

#ifndef ID
#define ID "counter-in-c"
#endif

#define TEXT(LITERAL) {LITERAL, sizeof(LITERAL) - 1}

// What is read of an event.
typedef struct {
  int64_t time;
} input;

typedef struct {
  uint64_t events;
  int64_t last;  // microseconds since 1970 UTC
#ifdef PADDING
  uint8_t padding[PADDING];  // each the low bits of `events`
#endif
} state;

static void read_events(void *context, const lectern_read_batch *batch) {
  (void)context;
  for (uint32_t k = 0; k < batch->count; k++) {
    const char *bytes = (const char *)batch->events + (size_t)batch->pick[k] * batch->event_stride;
    const lectern_event *event = (const lectern_event *)bytes;
    input *made = (input *)((char *)batch->inputs + (size_t)k * batch->input_stride);
    made->time = event->time;
    batch->status[k] = 0;
  }
}

static void init(void *context, void *memory) {
  (void)context;
  state *made = memory;
  made->events = 0;
  made->last = INT64_MIN;
#ifdef PADDING
  memset(made->padding, 0, PADDING);
#endif
}

#ifdef OVERFLOWS_STACK
static int recurse(volatile int *from) {
  volatile int here[1024] = {*from};
  if (here[0] == 0) return 0;
  return recurse(here) + here[1];
}
#endif

#ifdef LEAVES_THREAD
static void *trap_later(void *unused) {
  (void)unused;
  usleep(200 * 1000);
  __builtin_trap();
}
#endif

// What an evil build does at an event of mallory's.
static void misbehave(state *at) {
  (void)at;
#if defined TRAPS || defined TRAPS_ALWAYS
  __builtin_trap();
#elif defined ABORTS
  abort();
#elif defined EXITS
  exit(0);
#elif defined OVERFLOWS_STACK
  volatile int first = 1;
  exit(recurse(&first));
#elif defined OVERFLOWS_STATE
  memset(at, 0xff, (size_t)1 << 32);
#elif defined LOOPS
  for (volatile int forever = 1; forever;) {}
#elif defined LEAKS
  for (;;) {
    char *leaked = malloc(1 << 20);
    if (leaked) memset(leaked, 1, 1 << 20);
    usleep(100);
  }
#elif defined LEAVES_THREAD
  pthread_t thread;
  pthread_create(&thread, NULL, trap_later, NULL);
#elif defined CHANGES_PROCESS
  if (chdir("/") != 0) abort();
  signal(SIGTERM, SIG_IGN);
  signal(SIGSEGV, SIG_IGN);
  signal(SIGPIPE, SIG_DFL);
#endif
}

static bool is_mallory(const lectern_event *event) {
#ifdef TRAPS_ALWAYS
  return true;
#endif
  return event->actor_length == 7 && memcmp(event->actor, "mallory", 7) == 0;
}

static void reduce(void *context, const lectern_reduce_batch *batch) {
  (void)context;
  for (uint32_t k = 0; k < batch->count; k++) {
    const char *bytes = (const char *)batch->events + (size_t)batch->pick[k] * batch->event_stride;
    state *changed = batch->states[k];
    const input *event = batch->inputs[k];
#ifdef PADDING
    for (int i = 0; i < PADDING; i++)
      if (changed->padding[i] != (uint8_t)changed->events) abort();
    memset(changed->padding, (uint8_t)(changed->events + COUNTS), PADDING);
#endif
    changed->events += COUNTS;
    if (is_mallory((const lectern_event *)bytes)) misbehave(changed);
    if (event->time > changed->last) changed->last = event->time;
  }
}

// CBOR's head of an unsigned (major 0) or negative (major 1) integer, in its shortest form. Returns its length.
static size_t put(uint8_t *to, uint8_t major, uint64_t value) {
  int bytes = value < 24 ? 0 : value <= 0xff ? 1 : value <= 0xffff ? 2 : value <= 0xffffffff ? 4 : 8;
  static const uint8_t forms[] = {0, 24, 25, 0, 26, 0, 0, 0, 27};
  to[0] = (uint8_t)(major << 5 | (bytes == 0 ? value : forms[bytes]));
  for (int i = 0; i < bytes; i++) to[1 + i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
  return (size_t)bytes + 1;
}

static bool get(const uint8_t **from, const uint8_t *end, uint8_t *major, uint64_t *value) {
  if (*from == end) return false;
  uint8_t first = *(*from)++, form = first & 31;
  *major = first >> 5;
  *value = form;
  if (form < 24) return true;
  if (form > 27) return false;
  size_t bytes = (size_t)1 << (form - 24);
  if ((size_t)(end - *from) < bytes) return false;
  *value = 0;
  for (size_t i = 0; i < bytes; i++) *value = *value << 8 | *(*from)++;
  return true;
}

// {"last": …, "events": …}: keys in the order of their bytes.
static lectern_status encode(void *context, const void *memory, const lectern_writer *writer) {
  (void)context;
  const state *written = memory;
#ifdef GARBLES_STATE
  writer->write(writer->context, "\xff\xff" "no CBOR", 9);
  return LECTERN_OK;
#endif
#ifdef PADDING
  uint8_t bytes[56 + PADDING] = {0xa3, 0x64, 'l', 'a', 's', 't'};
#else
  uint8_t bytes[40] = {0xa2, 0x64, 'l', 'a', 's', 't'};
#endif
  size_t length = 6;
  bool negative = written->last < 0;
  length += put(bytes + length, negative, (uint64_t)(negative ? ~written->last : written->last));
  memcpy(bytes + length, "\x66" "events", 7);
  length += 7;
  length += put(bytes + length, 0, written->events);
#ifdef PADDING
  memcpy(bytes + length, "\x67" "padding", 8);
  length += 8;
  length += put(bytes + length, 2, PADDING);
  memcpy(bytes + length, written->padding, PADDING);
  length += PADDING;
#endif
  writer->write(writer->context, bytes, length);
  return LECTERN_OK;
}

static lectern_status decode(void *context, const void *bytes, uint64_t length, void *memory) {
  (void)context;
  const uint8_t *at = bytes, *end = at + length;
  state *made = memory;
  uint8_t major;
  uint64_t value;
#ifdef FORGETS
  return LECTERN_BAD_STATE;
#endif
#ifdef PADDING
  if (length < 6 || memcmp(at, "\xa3\x64last", 6) != 0) return LECTERN_BAD_STATE;
#else
  if (length < 6 || memcmp(at, "\xa2\x64last", 6) != 0) return LECTERN_BAD_STATE;
#endif
  at += 6;
  if (!get(&at, end, &major, &value) || major > 1 || value > INT64_MAX) return LECTERN_BAD_STATE;
  made->last = major == 1 ? ~(int64_t)value : (int64_t)value;
  if (end - at < 7 || memcmp(at, "\x66" "events", 7) != 0) return LECTERN_BAD_STATE;
  at += 7;
  if (!get(&at, end, &major, &made->events) || major != 0) return LECTERN_BAD_STATE;
#ifdef PADDING
  if (end - at < 8 || memcmp(at, "\x67" "padding", 8) != 0) return LECTERN_BAD_STATE;
  at += 8;
  if (!get(&at, end, &major, &value) || major != 2 || value != PADDING) return LECTERN_BAD_STATE;
  if (end - at < PADDING) return LECTERN_BAD_STATE;
  memcpy(made->padding, at, PADDING);
  at += PADDING;
#endif
  if (at != end) return LECTERN_BAD_STATE;
  return LECTERN_OK;
}

#ifdef MIGRATES
static const lectern_host *the_host;

static lectern_status convert(const void *bytes, uint64_t length, const lectern_writer *writer, bool up) {
  static int converted;
  state migrated;
  if (decode(NULL, bytes, length, &migrated) != LECTERN_OK) return LECTERN_FAILED;
  if (++converted > MIGRATES) {
    the_host->fail(the_host, (lectern_text)TEXT("this state is too much"));
    return LECTERN_FAILED;
  }
  migrated.events = up ? migrated.events * 2 : migrated.events / 2;
  return encode(NULL, &migrated, writer);
}

static lectern_status up(void *context, const void *bytes, uint64_t length, const lectern_writer *writer) {
  (void)context;
  return convert(bytes, length, writer, true);
}

static lectern_status down(void *context, const void *bytes, uint64_t length, const lectern_writer *writer) {
  (void)context;
  return convert(bytes, length, writer, false);
}

static const lectern_migration migration_up = {
    .size = sizeof migration_up, .reducer = TEXT("counts"), .from = 1, .to = 2, .convert = up};
static const lectern_migration migration_down = {
    .size = sizeof migration_down, .reducer = TEXT("counts"), .from = 2, .to = 1, .convert = down};
static const lectern_migration *const migration_list[] = {&migration_up, &migration_down};
static const lectern_migrations migrations = {.size = sizeof migrations, .count = 2, .items = migration_list};
#endif

#ifdef TIMER
static int64_t due(void *context, const void *memory) {
  (void)context;
  const state *asked = memory;
  return asked->events == 0 ? LECTERN_NEVER : asked->last + INT64_C(3600000000);
}

static void tick(void *context, void *memory, int64_t time) {
  (void)context;
  state *ticked = memory;
  ticked->events += COUNTS;
  ticked->last = time;
}

static const lectern_timer timer = {.size = sizeof timer, .reducer = TEXT("counts"), .due = due, .tick = tick};
static const lectern_timer *const timer_list[] = {&timer};
static const lectern_timers timers = {.size = sizeof timers, .count = 1, .items = timer_list};
#endif

static void rows(void *context, const lectern_key *key, const void *memory, const lectern_rows *rows) {
  (void)context;
  const state *shown = memory;
  lectern_value cells[3] = {key->parts[0]};
  cells[1].tag = cells[2].tag = LECTERN_INTEGER;
  cells[1].as.integer = (int64_t)shown->events;
  cells[2].as.integer = shown->last;
  rows->emit(rows->context, cells, 3);
}

static const lectern_input the_input = {
    .size = sizeof the_input,
    .input_size = sizeof(input),
    .input_align = _Alignof(input),
    .read = read_events,
};
static const lectern_key_part key[] = {{.kind = LECTERN_KEY_ACTOR, .name = TEXT("actor")}};
static const lectern_reducer counts = {
    .size = sizeof counts,
    .id = TEXT("counts"),
    .version = VERSION,
    .key_count = 1,
    .key = key,
    .state_size = sizeof(state),
    .state_align = _Alignof(state),
    .init = init,
    .reduce = reduce,
    .encode = encode,
    .decode = decode,
};
static const lectern_input *const inputs[] = {&the_input};
static const lectern_reducer *const reducer_list[] = {&counts};
static const lectern_reducers reducers = {
    .size = sizeof reducers, .input_count = 1, .reducer_count = 1, .inputs = inputs, .reducers = reducer_list};

static const lectern_column columns[] = {
    {.name = TEXT("actor"), .type = LECTERN_COLUMN_TEXT, .flags = LECTERN_COLUMN_KEY},
    {.name = TEXT("events"), .title = TEXT("Events"), .type = LECTERN_COLUMN_INTEGER},
    {.name = TEXT("last"), .title = TEXT("Last event"), .type = LECTERN_COLUMN_TIME},
};
static const lectern_table actors = {
    .size = sizeof actors,
    .id = TEXT("actors"),
    .title = TEXT("Events by actor"),
    .from = TEXT("counts"),
    .column_count = 3,
    .columns = columns,
    .rows = rows,
};
static const lectern_table *const table_list[] = {&actors};
static const lectern_tables tables = {.size = sizeof tables, .count = 1, .items = table_list};

static const void *extension(void *context, lectern_text id) {
  (void)context;
  static const struct {
    lectern_text id;
    const void *table;
  } known[] = {
      {TEXT(LECTERN_REDUCERS), &reducers},
      {TEXT(LECTERN_TABLES), &tables},
#ifdef MIGRATES
      {TEXT(LECTERN_MIGRATIONS), &migrations},
#endif
#ifdef TIMER
      {TEXT(LECTERN_TIMERS), &timers},
#endif
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (id.length == known[i].id.length && memcmp(id.start, known[i].id.start, id.length) == 0) return known[i].table;
  return NULL;
}

static void destroy(void *context) { (void)context; }

static lectern_status create(const lectern_host *host, lectern_text settings, lectern_plugin *plugin) {
#ifdef MIGRATES
  the_host = host;
#endif
  (void)host;
  (void)settings;
  plugin->context = NULL;
  plugin->extension = extension;
  plugin->destroy = destroy;
  return LECTERN_OK;
}

#ifdef CONSTRUCTOR_TRAPS
__attribute__((constructor)) static void begin(void) { __builtin_trap(); }
#endif

#ifdef WRONG_NOTE
LECTERN_PLUGIN("Counter in C", "1.0.0", c, "lectern.reducers/1", create)
#elif defined OTHER_TOOLCHAIN
LECTERN_PLUGIN("counter-in-c", "1.0.0", swift, "lectern.reducers/1", create)
#else
LECTERN_PLUGIN(ID, "1.0.0", c, "lectern.reducers/1", create)
#endif
