#pragma once

#include "probe/proxy.h"
#include "probe/question.h"
#include "probe/record.h"
#include "probe/survey.h"

namespace ferryman::probe {

// The parts of a survey. Each adds what it finds to the record.

// TLS: what was negotiated, the chain, which versions are let in, resumption.
void note_tls(const Link& link, const Target& target, Record& record);
void check_tls_versions(Proxy& proxy, Record& record);
void check_resumption(Proxy& proxy, Link& used, Record& record);

// HTTP as clients speak it. Each gives the answer to its AS-REQ.
HttpAnswer check_http_1_0(Proxy& proxy, Link& link, Bytes body, Record& record);
HttpAnswer check_http_1_1(Proxy& proxy, Bytes body, Record& record);
void check_http_2(Proxy& proxy, Bytes body, Record& record);

// What ought to be refused.
void check_refusals(Proxy& proxy, const SurveyOptions& options, Record& record);

// The realm behind the proxy, by the answer to an AS-REQ. True when a KDC has answered.
bool judge_kdc(const HttpAnswer& answer, const SurveyOptions& options, std::int64_t now, Findings& findings);
void check_no_prefix(Proxy& proxy, const SurveyOptions& options, Record& record);
void check_unarmored_password(Proxy& proxy, const SurveyOptions& options, Record& record);

// "HTTP 403", "KDC_ERR_C_PRINCIPAL_UNKNOWN", or what came instead of an answer.
std::string describe(const HttpAnswer& answer);

}  // namespace ferryman::probe
