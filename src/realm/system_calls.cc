#include "realm/system_calls.h"

#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace ferryman::realm {
namespace {

constexpr std::array allowed{
    // Files, which Landlock (writable_paths.h) keeps from being written.
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(close), SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64),
    SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(lstat),
    SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(fcntl), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
    // The database, beside these: SQLite's pages, its log and what its processes share.
    SCMP_SYS(pwrite64), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(fallocate),
    SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(fchmod), SCMP_SYS(fchown), SCMP_SYS(getcwd),
    SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    // The front. What a socket may be is below.
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(getsockopt), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
    SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(shutdown), SCMP_SYS(poll), SCMP_SYS(ppoll),
    SCMP_SYS(eventfd2),
    // Memory. Only that which is not executable: below.
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    // Threads, of this process only: below.
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(gettid), SCMP_SYS(exit),
    // Signals, time, the process itself.
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(tgkill), SCMP_SYS(restart_syscall), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(getpid),
    SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(exit_group)};

// A client of the database's server, beside these.
constexpr std::array connecting_needs{SCMP_SYS(connect), SCMP_SYS(getsockname)};

// A sanitizer tries memory by writing it into a pipe.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::array sanitizers_need{SCMP_SYS(pipe), SCMP_SYS(pipe2)};
#else
constexpr std::array<int, 0> sanitizers_need{};
#endif

constexpr std::array deadly{SCMP_SYS(execve),
                            SCMP_SYS(execveat),
                            SCMP_SYS(ptrace),
                            SCMP_SYS(process_vm_readv),
                            SCMP_SYS(process_vm_writev),
                            SCMP_SYS(bpf),
                            SCMP_SYS(mount),
                            SCMP_SYS(umount2),
                            SCMP_SYS(pivot_root),
                            SCMP_SYS(chroot),
                            SCMP_SYS(setns),
                            SCMP_SYS(unshare),
                            SCMP_SYS(init_module),
                            SCMP_SYS(finit_module),
                            SCMP_SYS(kexec_load),
                            SCMP_SYS(perf_event_open),
                            SCMP_SYS(userfaultfd)};

class Filter {
 public:
  Filter() : context_(::seccomp_init(SCMP_ACT_ERRNO(ENOSYS))) {
    if (context_ == nullptr) error_ = ENOMEM;
  }
  ~Filter() {
    if (context_ != nullptr) ::seccomp_release(context_);
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  template <typename... Conditions>
  void add(std::uint32_t action, int call, Conditions... conditions) {
    if (error_ != 0) return;
    const std::array<scmp_arg_cmp, sizeof...(conditions)> all{conditions...};
    error_ = -::seccomp_rule_add_array(context_, action, call, static_cast<unsigned>(all.size()), all.data());
  }

  int load() {
    if (error_ == 0) error_ = -::seccomp_attr_set(context_, SCMP_FLTATR_CTL_TSYNC, 1);
    if (error_ == 0) error_ = -::seccomp_attr_set(context_, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (error_ == 0) error_ = -::seccomp_load(context_);
    return error_;
  }

 private:
  scmp_filter_ctx context_;
  int error_ = 0;
};

}  // namespace

std::string restrict_system_calls(Connecting connecting) {
  Filter filter;
  for (const int call : allowed) filter.add(SCMP_ACT_ALLOW, call);
  if (connecting == Connecting::by_unix_sockets)
    for (const int call : connecting_needs) filter.add(SCMP_ACT_ALLOW, call);
  for (const int call : sanitizers_need) filter.add(SCMP_ACT_ALLOW, call);
  for (const int call : deadly) filter.add(SCMP_ACT_KILL_PROCESS, call);
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(socket), scmp_arg_cmp{0, SCMP_CMP_EQ, AF_UNIX, 0});
  filter.add(SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), scmp_arg_cmp{0, SCMP_CMP_NE, AF_UNIX, 0});
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    filter.add(SCMP_ACT_ALLOW, call, scmp_arg_cmp{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0});
    filter.add(SCMP_ACT_ERRNO(EPERM), call, scmp_arg_cmp{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC});
  }
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(clone),
             scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD});
  const int error = filter.load();
  return error == 0 ? std::string() : std::generic_category().message(error);
}

}  // namespace ferryman::realm
