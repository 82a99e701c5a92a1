/* libferryman: the client's side of the Kerberos KDC proxy protocol [MS-KKDCP], for C.
 *
 *   ferryman_options *options = ferryman_options_new();
 *   ferryman_options_load(options, NULL);
 *   ferryman_client *client = ferryman_client_new(options);
 *   ferryman_result *result = ferryman_proxy_message(client, message, size, "EXAMPLE.COM", 0);
 *   if (ferryman_result_status(result) == FERRYMAN_SUCCESS) ... ferryman_result_message(result, &size) ...
 *
 * Texts are UTF-8 and end with a zero octet. Objects that a function returns belong to the caller, who frees
 * them with the function named for it; every _free function takes NULL. An options object or a client is used
 * by one thread at a time; different ones are independent. Nothing here raises signals or exceptions: the
 * library needs SIGPIPE neither caught nor ignored. See libferryman(3). */
#ifndef FERRYMAN_FERRYMAN_H
#define FERRYMAN_FERRYMAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FERRYMAN_API __attribute__((visibility("default")))

/* The outcomes of ProxyMessage() [MS-KKDCP 3.1.5.1]. */
typedef enum ferryman_status {
  FERRYMAN_SUCCESS = 0,
  /* STATUS_AUTHENTICATION_FIREWALL_FAILED: a gateway's policy refused the message (HTTP 403). */
  FERRYMAN_AUTHENTICATION_FIREWALL_FAILED = 1,
  /* STATUS_NO_LOGON_SERVERS: no gateway is known, or none brought an answer within the deadline. A KDC that says
   * KDC_ERR_SVC_UNAVAILABLE has given none. */
  FERRYMAN_NO_LOGON_SERVERS = 2,
  /* The message is no AS-REQ, TGS-REQ or kpasswd request, or the realm's name is impossible; nothing was
   * sent. */
  FERRYMAN_BAD_MESSAGE = 3
} ferryman_status;

typedef struct ferryman_options ferryman_options;
typedef struct ferryman_client ferryman_client;
typedef struct ferryman_result ferryman_result;
typedef struct ferryman_call ferryman_call;

/* "0.1.0". */
FERRYMAN_API const char *ferryman_version(void);

/* "SUCCESS", "STATUS_NO_LOGON_SERVERS", ...; static. */
FERRYMAN_API const char *ferryman_status_name(ferryman_status status);

/* Options with their defaults and no gateway. NULL for want of memory. */
FERRYMAN_API ferryman_options *ferryman_options_new(void);
FERRYMAN_API void ferryman_options_free(ferryman_options *options);

/* Reads a client.toml (see ferryman-client.toml(5)) over what the options hold. file NULL: those of the system
 * and of the user, as far as they are there, and the https:// entries of krb5.conf count from then on.
 * 0, or -1 with the options as they were: see ferryman_options_error(). */
FERRYMAN_API int ferryman_options_load(ferryman_options *options, const char *file);

/* Sets one key of client.toml: "ca_file", "deadline" ("8s"), "dns" ("false"), ... 0 or -1 likewise. */
FERRYMAN_API int ferryman_options_set(ferryman_options *options, const char *key, const char *value);

/* Adds a gateway for the realms that a pattern names: "EXAMPLE.COM", ".example.com" (all below it), "*".
 * gateway: a URL, a host, or Windows' "<https HOST HOST:PORT:PATH />". 0 or -1 likewise. */
FERRYMAN_API int ferryman_options_add_gateway(ferryman_options *options, const char *pattern,
                                              const char *gateway);

/* What was wrong in the last call that failed with these options, for people: "FILE:LINE:COLUMN: ...". Valid
 * until the next call with them. */
FERRYMAN_API const char *ferryman_options_error(const ferryman_options *options);

/* A client with these options, which are copied. It keeps connections, TLS sessions and what it learned of
 * gateways: make one and use it often. NULL when it cannot be made: see ferryman_options_error(). */
FERRYMAN_API ferryman_client *ferryman_client_new(ferryman_options *options);

/* Gives up all its calls without calling back. Not from within a callback. */
FERRYMAN_API void ferryman_client_free(ferryman_client *client);

/* ProxyMessage(): brings a Kerberos or kpasswd message to a KDC of the realm, and waits for the answer, at
 * most for the deadline in the options (10 s unless set). message: with or without its 4 octets of length
 * (RFC 4120 7.2.2). realm: NULL takes the one that stands in the message. hint: the dclocator-hint, flags of
 * DsrGetDcNameEx2 [MS-NRPC 3.5.4.3.1]; 0: none. Not from within a callback.
 * NULL for want of memory only. */
FERRYMAN_API ferryman_result *ferryman_proxy_message(ferryman_client *client, const void *message,
                                                     size_t size, const char *realm, uint32_t hint);

FERRYMAN_API ferryman_status ferryman_result_status(const ferryman_result *result);

/* The KDC's answer, a Kerberos message without length. NULL and 0 unless FERRYMAN_SUCCESS. Valid as long as
 * the result. It may be a KRB-ERROR. */
FERRYMAN_API const void *ferryman_result_message(const ferryman_result *result, size_t *size);

/* URL of the gateway that answered, or that was asked last; "" when none was. */
FERRYMAN_API const char *ferryman_result_gateway(const ferryman_result *result);

/* Why there is no answer, for people; "" with FERRYMAN_SUCCESS. */
FERRYMAN_API const char *ferryman_result_cause(const ferryman_result *result);

FERRYMAN_API void ferryman_result_free(ferryman_result *result);

/* --- On the caller's own event loop ---
 *
 * Watch ferryman_client_fd() for reading; when it is readable, call ferryman_client_process(). Timers and all
 * sockets are behind that one descriptor. */

/* Stays the client's, and the same as long as it lives. */
FERRYMAN_API int ferryman_client_fd(const ferryman_client *client);

/* Does what is due without waiting, and calls back for calls that ended. */
FERRYMAN_API void ferryman_client_process(ferryman_client *client);

/* Called once for a call that ended. result is the library's and valid during the callback only. New calls
 * may be started and others cancelled in it. */
typedef void (*ferryman_callback)(const ferryman_result *result, void *data);

/* The same as ferryman_proxy_message(), but returns at once and calls back from within
 * ferryman_client_process(). The call is valid until the callback or ferryman_cancel(). NULL for want of
 * memory. */
FERRYMAN_API ferryman_call *ferryman_start(ferryman_client *client, const void *message, size_t size,
                                           const char *realm, uint32_t hint, ferryman_callback callback,
                                           void *data);

/* Gives a call up; its callback is not called. What was sent already may still reach a KDC. */
FERRYMAN_API void ferryman_cancel(ferryman_call *call);

#ifdef __cplusplus
}
#endif

#endif
