// Extension "lectern.migrations/1" of a plugin: how stored states pass from one version of a reducer to another. Since 1.2.
//
// A build that takes over from one with another version of a reducer goes on from that one's states if an edge leads from
// there to its own version: an edge of its own, which reads what the build before wrote, or an edge of the build before,
// which writes what the build that follows will read. So one library can bring the edges up to it and down from it. Without
// an edge, the host folds its log anew.
#pragma once
#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LECTERN_MIGRATIONS "lectern.migrations/1"

/// An edge. One of `from` and `to` is the version that the reducer has in this build.
typedef struct lectern_migration {
  uint32_t size;
  uint32_t flags;  ///< 0
  void *context;
  lectern_text reducer;  ///< a reducer of this plugin, by its id; its key must be the same in both versions
  uint32_t from;         ///< the version of the states that are given
  uint32_t to;           ///< the version of the states that are written
  /// Writes what a build of version `to` would have stored for the state that a build of version `from` has stored: one CBOR
  /// item, as a reducer's `encode` does, and fails as that does. Called in a process that is thrown away. [pure]
  lectern_status (*convert)(void *context, const void *bytes, uint64_t length, const lectern_writer *writer);
} lectern_migration;
LECTERN_ASSERT(offsetof(lectern_migration, reducer) == 16, "lectern_migration.reducer");
LECTERN_ASSERT(offsetof(lectern_migration, convert) == 40, "lectern_migration.convert");

/// What "lectern.migrations/1" returns.
typedef struct lectern_migrations {
  uint32_t size;
  uint32_t count;
  const lectern_migration *const *items;
} lectern_migrations;

#ifdef __cplusplus
}
#endif
