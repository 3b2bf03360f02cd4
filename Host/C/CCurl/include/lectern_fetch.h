#ifndef LECTERN_FETCH_H
#define LECTERN_FETCH_H

#include <stddef.h>

/// What `lectern_fetch` brought.
struct lectern_fetched {
    /// The body, to be freed with `free`; NULL if there is none.
    char *bytes;
    size_t count;
    /// The status of HTTP, or 0 where there was no answer.
    long status;
    /// Why there is no body: empty if there is one. As libcurl says it, without the address.
    char error[256];
};

/// Gets a document by HTTP or HTTPS, with certificates checked by the system's, following no redirection. Blocks for
/// up to `milliseconds`. A body of more than `limit` bytes is an error. Any thread.
struct lectern_fetched lectern_fetch(const char *address, size_t limit, long milliseconds);

/// Posts a document in the same way. `headers` are lines, NULL behind the last one. Every status from 200 to 299 is well;
/// the answer's body is not kept.
struct lectern_fetched lectern_post(
    const char *address, const char *body, size_t count, const char *const *headers, long milliseconds);

/// Keeps connections open from one fetch to the next. For one thread at a time. Ends the process if memory runs out.
struct lectern_fetch_session;
struct lectern_fetch_session *lectern_fetch_begin(void);
void lectern_fetch_end(struct lectern_fetch_session *session);

/// As `lectern_fetch`, with these headers (`Name: value`) besides.
struct lectern_fetched lectern_fetch_by(struct lectern_fetch_session *session, const char *address,
                                        const char *const *headers, size_t header_count, size_t limit,
                                        long milliseconds);

#endif
