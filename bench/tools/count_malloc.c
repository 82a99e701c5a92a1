// Counts allocations by whose they are; to be preloaded. An allocation is its nearest caller's outside of the
// libraries that allocate for others (libc, libstdc++, libfmt): the program's own, OpenSSL's, nghttp2's, ...
// On SIGUSR2 and at exit it writes to $COUNT_MALLOC_FILE:
//
//   object NAME ALLOCATIONS OCTETS
//   site NAME+0xOFFSET ALLOCATIONS     for addr2line, the program's only
#define _GNU_SOURCE
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { most_objects = 64, most_sites = 4096, depth = 16 };

struct object {
  uintptr_t begin, end, base;
  char name[64];
  int passes;  // allocates for its callers
  atomic_ulong count, octets;
};

static struct object objects[most_objects];
static int object_count;
static struct { atomic_ulong address, count; } sites[most_sites];
static atomic_int ready;
static __thread int busy;

void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* memory);

static int starts(const char* text, const char* with) {
  return strncmp(text, with, strlen(with)) == 0;
}

static int add_object(struct dl_phdr_info* info, size_t size, void* unused) {
  (void)size;
  (void)unused;
  if (object_count == most_objects) return 1;
  struct object* one = &objects[object_count];
  const char* name = strrchr(info->dlpi_name, '/');
  name = object_count == 0 ? "program" : name ? name + 1 : info->dlpi_name;
  snprintf(one->name, sizeof one->name, "%s", *name ? name : "unnamed");
  one->base = info->dlpi_addr;
  one->begin = UINTPTR_MAX;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
    uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr, end = begin + info->dlpi_phdr[i].p_memsz;
    if (begin < one->begin) one->begin = begin;
    if (end > one->end) one->end = end;
  }
  static const char* const passing[] = {"libcount_malloc", "libc.so", "libstdc++", "libfmt", "libgcc"};
  for (size_t i = 0; i < sizeof passing / sizeof *passing; ++i)
    if (starts(one->name, passing[i])) one->passes = 1;
  ++object_count;
  return 0;
}

static struct object* object_of(uintptr_t address) {
  for (int i = 0; i < object_count; ++i)
    if (address >= objects[i].begin && address < objects[i].end) return &objects[i];
  return NULL;
}

static void count_site(uintptr_t address) {
  for (unsigned i = 0; i < 64; ++i) {
    unsigned at = (unsigned)((address * 0x9E3779B97F4A7C15u) >> 52) + i;
    unsigned long found = 0;
    at %= most_sites;
    if (atomic_compare_exchange_strong(&sites[at].address, &found, address) || found == address) {
      atomic_fetch_add(&sites[at].count, 1);
      return;
    }
  }
}

static void count(size_t size) {
  if (!atomic_load_explicit(&ready, memory_order_relaxed) || busy) return;
  busy = 1;
  void* frames[depth];
  int got = backtrace(frames, depth);
  struct object *whose = NULL, *passing = NULL;
  for (int i = 1; i < got; ++i) {
    struct object* one = object_of((uintptr_t)frames[i] - 1);
    if (one && one->passes) passing = one;
    if (!one || one->passes) continue;
    whose = one;
    if (one == &objects[0]) count_site((uintptr_t)frames[i] - 1 - one->base);
    break;
  }
  if (!whose) whose = passing ? passing : &objects[object_count - 1];
  atomic_fetch_add(&whose->count, 1);
  atomic_fetch_add(&whose->octets, size);
  busy = 0;
}

static void dump(void) {
  const char* name = getenv("COUNT_MALLOC_FILE");
  if (!name) return;
  char part[512];
  snprintf(part, sizeof part, "%s.part", name);
  int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  for (int i = 0; i < object_count; ++i) {
    unsigned long number = atomic_load(&objects[i].count);
    if (number) dprintf(fd, "object %s %lu %lu\n", objects[i].name, number, atomic_load(&objects[i].octets));
  }
  for (int i = 0; i < most_sites; ++i) {
    unsigned long number = atomic_load(&sites[i].count);
    if (number) dprintf(fd, "site program+0x%lx %lu\n", atomic_load(&sites[i].address), number);
  }
  close(fd);
  rename(part, name);
}

static void on_signal(int number) {
  (void)number;
  int before = busy;
  busy = 1;
  dump();
  busy = before;
}

__attribute__((constructor)) static void begin(void) {
  void* frames[2];
  backtrace(frames, 2);  // loads libgcc, which allocates
  dl_iterate_phdr(add_object, NULL);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGUSR2, &action, NULL);
  atomic_store(&ready, 1);
}

__attribute__((destructor)) static void end(void) {
  atomic_store(&ready, 0);
  dump();
}

void* malloc(size_t size) {
  count(size);
  return __libc_malloc(size);
}

void* calloc(size_t number, size_t size) {
  count(number * size);
  return __libc_calloc(number, size);
}

void* realloc(void* old, size_t size) {
  count(size);
  return __libc_realloc(old, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** out, size_t alignment, size_t size) {
  count(size);
  void* memory = __libc_memalign(alignment, size);
  if (!memory) return 12;  // ENOMEM
  *out = memory;
  return 0;
}

void free(void* memory) {
  __libc_free(memory);
}
