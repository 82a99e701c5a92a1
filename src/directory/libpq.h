#pragma once

#include <libpq-fe.h>

#include "directory/failure.h"

namespace ferryman::directory::postgresql {

// What of libpq is used.
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define FERRYMAN_LIBPQ(each)                                                                            \
  each(PQclear) each(PQcmdTuples) each(PQconnectPoll) each(PQconnectStartParams) each(PQconsumeInput)   \
      each(PQerrorMessage) each(PQfinish) each(PQftype) each(PQgetResult) each(PQgetisnull)             \
          each(PQgetlength) each(PQgetvalue) each(PQisBusy) each(PQnfields) each(PQntuples)             \
              each(PQparameterStatus) each(PQresultErrorField) each(PQresultStatus) each(PQsendPrepare) \
                  each(PQsendQuery) each(PQsendQueryParams) each(PQsendQueryPrepared)                   \
                      each(PQsetNoticeProcessor) each(PQsetSingleRowMode) each(PQsocket) each(PQstatus) \
                          each(PQtransactionStatus)

struct Libpq {
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define FERRYMAN_LIBPQ_MEMBER(name) decltype(&::name) name = nullptr;
  FERRYMAN_LIBPQ(FERRYMAN_LIBPQ_MEMBER)
#undef FERRYMAN_LIBPQ_MEMBER
};

// Loads it, once in a process: who keeps a directory in SQLite does without it and the twenty libraries that
// it brings, of which some know a network. Reason unavailable where it is not installed. Any thread.
Outcome<void> load_libpq();

// After that.
const Libpq& pq();

}  // namespace ferryman::directory::postgresql
