/* For LD_PRELOAD: the security keys that libfido2 finds are those that listen at the unix sockets in
   $FERRYMAN_SECURITY_KEYS, one behind the other with ":" between them (tests/lib/security_key.py). A message of CTAPHID is
   its command, its size in four octets and what it says: not in reports, which are hidraw's. */
#include <arpa/inet.h>
#include <fido.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct head {
  uint8_t command;
  uint32_t size;
} __attribute__((packed));

static void *open_key(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) return NULL;
  int *handle = malloc(sizeof *handle);
  *handle = descriptor;
  return handle;
}

static void close_key(void *handle) {
  close(*(int *)handle);
  free(handle);
}

/* libfido2 wants these as well, and calls them for nothing. */
static int read_nothing(void *handle, unsigned char *data, size_t size, int milliseconds) {
  (void)handle, (void)data, (void)size, (void)milliseconds;
  return -1;
}
static int write_nothing(void *handle, const unsigned char *data, size_t size) {
  (void)handle, (void)data, (void)size;
  return -1;
}

static int receive(int descriptor, void *data, size_t size) {
  return size == 0 || recv(descriptor, data, size, MSG_WAITALL) == (ssize_t)size;
}

static int send_message(struct fido_dev *device, uint8_t command, const unsigned char *data, size_t size) {
  const int descriptor = *(int *)fido_dev_io_handle(device);
  const struct head head = {command, htonl((uint32_t)size)};
  return send(descriptor, &head, sizeof head, MSG_NOSIGNAL) == (ssize_t)sizeof head &&
                 (size == 0 || send(descriptor, data, size, MSG_NOSIGNAL) == (ssize_t)size)
             ? 0
             : -1;
}

static int receive_message(struct fido_dev *device, uint8_t command, unsigned char *data, size_t room, int milliseconds) {
  (void)milliseconds;
  const int descriptor = *(int *)fido_dev_io_handle(device);
  struct head head;
  if (!receive(descriptor, &head, sizeof head) || head.command != command) return -1;
  const size_t size = ntohl(head.size);
  return size <= room && receive(descriptor, data, size) ? (int)size : -1;
}

int fido_dev_info_manifest(fido_dev_info_t *list, size_t size, size_t *count) {
  static const fido_dev_io_t io = {open_key, close_key, read_nothing, write_nothing};
  static const fido_dev_transport_t transport = {receive_message, send_message};
  const char *paths = getenv("FERRYMAN_SECURITY_KEYS");
  char *copy = strdup(paths == NULL ? "" : paths), *rest = copy;
  *count = 0;
  for (const char *path = strsep(&rest, ":"); path != NULL && *count < size; path = strsep(&rest, ":"))
    if (*path != '\0' && fido_dev_info_set(list, *count, path, "Test", "Key", &io, &transport) == FIDO_OK) ++*count;
  free(copy);
  return FIDO_OK;
}
