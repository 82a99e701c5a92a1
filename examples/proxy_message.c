/* Sends a Kerberos message from a file to a KDC through a gateway, and writes the answer to another file.
 *
 *   cc proxy_message.c $(pkg-config --cflags --libs libferryman) -o proxy_message
 *   ./proxy_message REALM REQUEST ANSWER [GATEWAY [CA-FILE]]
 *
 * Without a gateway, client.toml, krb5.conf and DNS say where one is. */
#include <ferryman/ferryman.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  return EXIT_FAILURE;
}

static int write_answer(const ferryman_result *result, const char *file) {
  size_t size = 0;
  const void *answer = ferryman_result_message(result, &size);
  FILE *out = fopen(file, "wb");
  if (out == NULL) return fail(file, "cannot be written");
  const size_t written = fwrite(answer, 1, size, out);
  if (fclose(out) != 0 || written != size) return fail(file, "cannot be written");
  printf("%zu octets from %s\n", size, ferryman_result_gateway(result));
  return EXIT_SUCCESS;
}

static int proxy_message(ferryman_client *client, char **argv) {
  unsigned char message[65536];
  FILE *in = fopen(argv[2], "rb");
  if (in == NULL) return fail(argv[2], "cannot be read");
  const size_t size = fread(message, 1, sizeof message, in);
  fclose(in);

  ferryman_result *result = ferryman_proxy_message(client, message, size, argv[1], 0);
  if (result == NULL) return fail("result", "out of memory");
  const ferryman_status status = ferryman_result_status(result);
  const int code = status == FERRYMAN_SUCCESS
                       ? write_answer(result, argv[3])
                       : fail(ferryman_status_name(status), ferryman_result_cause(result));
  ferryman_result_free(result);
  return code;
}

static int with_options(ferryman_options *options, int argc, char **argv) {
  if (ferryman_options_load(options, NULL) != 0) return fail("client.toml", ferryman_options_error(options));
  if (argc > 4 && ferryman_options_add_gateway(options, argv[1], argv[4]) != 0)
    return fail("gateway", ferryman_options_error(options));
  if (argc > 5 && ferryman_options_set(options, "ca_file", argv[5]) != 0)
    return fail("ca_file", ferryman_options_error(options));

  ferryman_client *client = ferryman_client_new(options);
  if (client == NULL) return fail("client", ferryman_options_error(options));
  const int code = proxy_message(client, argv);
  ferryman_client_free(client);
  return code;
}

int main(int argc, char **argv) {
  if (argc < 4 || argc > 6) return fail("usage", "proxy_message REALM REQUEST ANSWER [GATEWAY [CA-FILE]]");
  ferryman_options *options = ferryman_options_new();
  if (options == NULL) return fail("options", "out of memory");
  const int code = with_options(options, argc, argv);
  ferryman_options_free(options);
  return code;
}
