// Extensions "lectern.aggregators/1", "lectern.tables/1" and "lectern.dashboards/1" of a plugin: what is shown of states.
// All of it follows from the states of the last checkpoint, so none of it is stored: it is made anew when the host starts.
#pragma once
#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LECTERN_AGGREGATORS "lectern.aggregators/1"
#define LECTERN_TABLES "lectern.tables/1"
#define LECTERN_DASHBOARDS "lectern.dashboards/1"

/// A key: the values of its parts, in the order of the declaration.
typedef struct lectern_key {
  uint32_t size;
  uint32_t count;
  const lectern_value *parts;
} lectern_key;

/// Sums up the states of one reducer in groups. When a state changes, its old self is retracted and its new self added, so
/// a change costs the same in a class of ten or a million. What it holds must be exact: integers, fixed point, counts.
typedef struct lectern_aggregator {
  uint32_t size;
  uint32_t flags;
  void *context;
  lectern_text id;        ///< as a reducer's id; unique among the plugin's components
  lectern_text reducer;   ///< whose states
  uint32_t group_count;   ///< parts of the reducer's key that make the group; 0 for one group of all
  uint32_t accumulator_size;
  uint32_t accumulator_align;
  uint32_t zero;
  const uint32_t *group;  ///< their indices in the reducer's key
  void (*init)(void *context, void *accumulator);     // [pure]
  void (*destroy)(void *context, void *accumulator);  // NULL if there is nothing to end [instance]
  void (*add)(void *context, void *accumulator, const lectern_key *key, const void *state);      // [pure]
  void (*retract)(void *context, void *accumulator, const lectern_key *key, const void *state);  // [pure]
  /// Writes the aggregate as one CBOR item, or fails as a reducer's `encode` does. [pure]
  lectern_status (*encode)(void *context, const void *accumulator, const lectern_writer *writer);
} lectern_aggregator;
LECTERN_ASSERT(offsetof(lectern_aggregator, group) == 64, "lectern_aggregator.group");
LECTERN_ASSERT(offsetof(lectern_aggregator, encode) == 104, "lectern_aggregator.encode");

typedef struct lectern_aggregators {
  uint32_t size;
  uint32_t count;
  const lectern_aggregator *const *items;
} lectern_aggregators;

#define LECTERN_COLUMN_TEXT 1u
#define LECTERN_COLUMN_INTEGER 2u
#define LECTERN_COLUMN_NUMBER 3u
#define LECTERN_COLUMN_BOOLEAN 4u
#define LECTERN_COLUMN_TIME 5u  ///< an integer, microseconds since 1970 UTC; shown as RFC 3339
#define LECTERN_COLUMN_KEY 1u   ///< flag: part of the row's key

typedef struct lectern_column {
  lectern_text name;
  lectern_text title;  ///< for people; empty: the name
  uint32_t type;
  uint32_t flags;
} lectern_column;
LECTERN_ASSERT(sizeof(lectern_column) == 40, "lectern_column");

/// Where a table's rows go, and what else they may be made from.
typedef struct lectern_rows {
  uint32_t size;
  uint32_t flags;
  void *context;
  /// One row: a value per column, in order; LECTERN_NULL where there is none. Values are copied. A second row with the
  /// same key columns replaces the first.
  void (*emit)(void *context, const lectern_value *values, uint32_t count);
  /// The state of another reducer of this plugin under a key, or NULL: merged, as of the same checkpoint, borrowed for the
  /// call. The host remembers that this row depends on it. `reducer` is its id.
  const void *(*lookup)(void *context, lectern_text reducer, const lectern_key *key);
} lectern_rows;
LECTERN_ASSERT(offsetof(lectern_rows, lookup) == 24, "lectern_rows.lookup");

typedef struct lectern_table {
  uint32_t size;
  uint32_t flags;
  void *context;
  lectern_text id;      ///< as a reducer's id, underscores too; unique among the plugin's tables
  lectern_text title;
  lectern_text from;    ///< the id of a reducer (rows for each of its states) or an aggregator (rows for each group)
  uint32_t column_count;
  uint32_t zero;
  const lectern_column *columns;
  /// Writes the rows of one state or accumulator: none, one or many. [pure]
  void (*rows)(void *context, const lectern_key *key, const void *state, const lectern_rows *rows);
} lectern_table;
LECTERN_ASSERT(offsetof(lectern_table, columns) == 72, "lectern_table.columns");
LECTERN_ASSERT(offsetof(lectern_table, rows) == 80, "lectern_table.rows");

typedef struct lectern_tables {
  uint32_t size;
  uint32_t count;
  const lectern_table *const *items;
} lectern_tables;

/// What "lectern.dashboards/1" returns: `json` is an array of dashboards; the host renders them. The host's guide for
/// authors describes the form.
typedef struct lectern_dashboards {
  uint32_t size;
  uint32_t flags;
  lectern_text json;
} lectern_dashboards;
LECTERN_ASSERT(offsetof(lectern_dashboards, json) == 8, "lectern_dashboards.json");

#ifdef __cplusplus
}
#endif
