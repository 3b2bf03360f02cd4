// Strict JSON by simdjson, behind C: one pass over an object takes out all declared fields.
#pragma once
#include <lectern/core.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes that must be readable (not meaningful) after a text that is parsed.
#define LECTERN_JSON_PADDING 64

/// Takes declared fields out of JSON objects into rows. Not thread-safe: one for each thread.
typedef struct lectern_extractor lectern_extractor;

lectern_extractor *lectern_extractor_create(void);
void lectern_extractor_destroy(lectern_extractor *extractor);

/// Declares a field by its path and returns its slot, from 0 in the order of declaration; the same path gets the same slot.
/// A path is a member's name or several joined by dots; a step into a text goes on in the JSON that the text holds.
uint32_t lectern_extractor_add(lectern_extractor *extractor, const char *path, size_t length);
/// Declared fields: the length of a row.
uint32_t lectern_extractor_count(const lectern_extractor *extractor);

/// Parses one JSON object, strictly (RFC 8259, valid UTF-8), and fills `row`: every slot, LECTERN_MISSING where the object has no such
/// field; of equal names the last counts. Texts are copied into the extractor's arena and stay until `reset`. Returns 0, or
/// a code for `lectern_extractor_error`. LECTERN_JSON_PADDING readable bytes must follow the text.
int lectern_extractor_run(lectern_extractor *extractor, const char *json, size_t length, lectern_value *row);
/// As `run`, but keeps what the row has where this object has no such field: for what server and session set.
int lectern_extractor_overlay(lectern_extractor *extractor, const char *json, size_t length, lectern_value *row);
/// A hash of what the object says that `run` has taken last, but for the members with these hashes of their names: it does not
/// depend on the order of members, on white space, on how texts are escaped or numbers are written. It may be stored.
uint64_t lectern_extractor_content(const lectern_extractor *extractor, const uint64_t *ignored, size_t count);
/// The hash of a member's name.
uint64_t lectern_extractor_name(const char *name, size_t length);
/// Lays a JSON merge patch (RFC 7396) over a row: members of objects are laid over those that are there, one by one, and `null`
/// removes.
int lectern_extractor_patch(lectern_extractor *extractor, const char *json, size_t length, lectern_value *row);
/// Forgets the texts of all rows.
void lectern_extractor_reset(lectern_extractor *extractor);
/// What a code means, for people.
const char *lectern_extractor_error(int code);

#ifdef __cplusplus
}
#endif
