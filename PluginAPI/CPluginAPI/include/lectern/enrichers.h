// Extension "lectern.enrichers/1" of a plugin: what is to be known of an event beside what it says itself. Since 1.5.
//
// A declaration is data. The host looks the answers up before it stores the event, at a source that the operator's settings
// name, and stores them with the event; so no code of the plugin runs for a look-up, and a replay looks nothing up. What is
// derived from the answers is computed by functions of the plugin (functions.h), before the event is stored, too.
//
// Reducers, rules and outputs see an answer as a member of the event, and `enrichment.MEMBER` says what it is worth:
// "fresh", "stale" or "missing". While an enricher is in use, what a client sends under its member does not count.
#pragma once
#include "core.h"
#include "reducers.h"
#include "views.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LECTERN_ENRICHERS "lectern.enrichers/1"

/// The type of an answer's member that may be any JSON value; the others are LECTERN_COLUMN_TEXT ... LECTERN_COLUMN_TIME. A
/// time is an RFC 3339 text in the event.
#define LECTERN_ANSWER_JSON 6u

/// A member of an answer. What the source says besides is left out.
typedef struct lectern_answer_member {
  lectern_text name;
  uint32_t type;
  uint32_t flags;  ///< 0
} lectern_answer_member;
LECTERN_ASSERT(sizeof(lectern_answer_member) == 24, "lectern_answer_member");

typedef struct lectern_enricher {
  uint32_t size;
  uint32_t flags;       ///< 0
  lectern_text id;      ///< as a reducer's id; unique in the host
  lectern_text about;   ///< for people: what it tells, in a sentence
  lectern_text member;  ///< the member of the event that the answer is put under: letters, digits and underscores
  uint32_t key_count;   ///< 1 to 8
  uint32_t member_count;
  /// What is looked up by: LECTERN_KEY_ACTOR and LECTERN_KEY_FIELD only. An event that lacks one of them is not asked for.
  const lectern_key_part *key;
  const lectern_answer_member *members;  ///< at least one
  const lectern_text *types;             ///< of events; none: all
  uint32_t type_count;
  uint32_t zero;
  lectern_text query;  ///< for a source that is a PostgreSQL database, unless the operator has another: $1 … are the key's parts
} lectern_enricher;
LECTERN_ASSERT(offsetof(lectern_enricher, key) == 64, "lectern_enricher.key");
LECTERN_ASSERT(offsetof(lectern_enricher, query) == 96, "lectern_enricher.query");

#define LECTERN_ARGUMENT_FIELD 1u  ///< a field of the event, or a member of an answer, `path`: `score`, `user_context.timezone`
#define LECTERN_ARGUMENT_TIME 2u   ///< the event's time

/// An argument of the function that derives a member.
typedef struct lectern_derived_argument {
  uint32_t kind;
  uint32_t flags;  ///< 0
  lectern_text path;
} lectern_derived_argument;
LECTERN_ASSERT(sizeof(lectern_derived_argument) == 24, "lectern_derived_argument");

/// A member of an event that a function of this plugin computes from others.
typedef struct lectern_derived_member {
  uint32_t size;
  uint32_t flags;         ///< 0
  lectern_text member;    ///< the member of the event that it is put under, with others
  lectern_text name;      ///< its own name there; a null is left out
  lectern_text function;  ///< a function of this plugin, by its id
  uint32_t argument_count;  ///< as many as the function takes
  uint32_t type_count;
  const lectern_derived_argument *arguments;  ///< a value of another type than the function's is null
  const lectern_text *types;                  ///< of events; none: all
} lectern_derived_member;
LECTERN_ASSERT(offsetof(lectern_derived_member, arguments) == 64, "lectern_derived_member.arguments");
LECTERN_ASSERT(offsetof(lectern_derived_member, types) == 72, "lectern_derived_member.types");

/// What "lectern.enrichers/1" returns.
typedef struct lectern_enrichers {
  uint32_t size;
  uint32_t count;
  const lectern_enricher *const *items;
  uint32_t derived_count;
  uint32_t zero;
  const lectern_derived_member *const *derived;
} lectern_enrichers;
LECTERN_ASSERT(offsetof(lectern_enrichers, derived) == 24, "lectern_enrichers.derived");

#ifdef __cplusplus
}
#endif
