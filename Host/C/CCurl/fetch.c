#include "lectern_fetch.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct body {
    char *bytes;
    size_t count;
    size_t limit;
    int is_too_long;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void begin(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

static size_t take(char *bytes, size_t size, size_t count, void *context) {
    struct body *body = context;
    size_t more = size * count;
    if (more > body->limit - body->count) {
        body->is_too_long = 1;
        return 0;
    }
    char *grown = realloc(body->bytes, body->count + more);
    if (!grown) return 0;
    memcpy(grown + body->count, bytes, more);
    body->bytes = grown;
    body->count += more;
    return more;
}

struct lectern_fetch_session {
    CURL *handle;
};

struct lectern_fetch_session *lectern_fetch_begin(void) {
    struct lectern_fetch_session *session = malloc(sizeof *session);
    if (!session) abort();
    pthread_once(&once, begin);
    session->handle = curl_easy_init();
    if (!session->handle) abort();
    return session;
}

void lectern_fetch_end(struct lectern_fetch_session *session) {
    curl_easy_cleanup(session->handle);
    free(session);
}

struct lectern_fetched lectern_fetch(const char *address, size_t limit, long milliseconds) {
    struct lectern_fetch_session *session = lectern_fetch_begin();
    struct lectern_fetched fetched = lectern_fetch_by(session, address, NULL, 0, limit, milliseconds);
    lectern_fetch_end(session);
    return fetched;
}

static struct curl_slist *lines(const char *const *headers, size_t count) {
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < count; i++) {
        struct curl_slist *longer = curl_slist_append(list, headers[i]);
        if (!longer) abort();
        list = longer;
    }
    return list;
}

/// Asks an address, and ends `headers`. What else belongs to the request is set already. Says in `fetched` what became of it.
static CURLcode ask(CURL *handle, const char *address, struct curl_slist *headers, long milliseconds,
                    struct lectern_fetched *fetched) {
    char reason[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(handle, CURLOPT_URL, address);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, milliseconds);
    // Timeouts without signals: other threads have their own use for them.
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "lectern");
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason);
    CURLcode code = curl_easy_perform(handle);
    if (code == CURLE_OK) {
        curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &fetched->status);
    } else {
        snprintf(fetched->error, sizeof fetched->error, "%s", reason[0] ? reason : curl_easy_strerror(code));
    }
    // Neither may be used any more: they end with this call.
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return code;
}

static void refuse_status(struct lectern_fetched *fetched) {
    snprintf(fetched->error, sizeof fetched->error, "the answer has the status %ld", fetched->status);
}

struct lectern_fetched lectern_fetch_by(struct lectern_fetch_session *session, const char *address,
                                        const char *const *headers, size_t header_count, size_t limit,
                                        long milliseconds) {
    struct lectern_fetched fetched = {0};
    struct body body = {.limit = limit};
    curl_easy_reset(session->handle);
    curl_easy_setopt(session->handle, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(session->handle, CURLOPT_WRITEDATA, &body);
    CURLcode code = ask(session->handle, address, lines(headers, header_count), milliseconds, &fetched);
    if (body.is_too_long) {
        snprintf(fetched.error, sizeof fetched.error, "it has more than %zu bytes", limit);
    } else if (code == CURLE_OK && fetched.status == 200) {
        fetched.bytes = body.bytes;
        fetched.count = body.count;
        return fetched;
    } else if (code == CURLE_OK) {
        refuse_status(&fetched);
    }
    free(body.bytes);
    return fetched;
}

static size_t ignore(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes;
    (void)context;
    return size * count;
}

struct lectern_fetched lectern_post(
    const char *address, const char *body, size_t count, const char *const *headers, long milliseconds) {
    struct lectern_fetched fetched = {0};
    struct lectern_fetch_session *session = lectern_fetch_begin();
    size_t header_count = 0;
    while (headers[header_count]) header_count++;
    curl_easy_setopt(session->handle, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(session->handle, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(session->handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    CURLcode code = ask(session->handle, address, lines(headers, header_count), milliseconds, &fetched);
    if (code == CURLE_OK && (fetched.status < 200 || fetched.status > 299)) refuse_status(&fetched);
    lectern_fetch_end(session);
    return fetched;
}
