#include "ferryman/import_mit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/text.h"
#include "directory/names.h"
#include "ferryman/exit_codes.h"
#include "ferryman/import_report.h"
#include "ferryman/input_file.h"
#include "ferryman/mit_account.h"

namespace ferryman {
namespace {

using admin::Json;
using kdb::DumpedPrincipal;

constexpr std::size_t max_stash = 64 * 1024;
// What the service takes at a time: it makes them in one transaction, for which logons may have to wait.
constexpr std::size_t max_batch = 100, max_batch_octets = 256 * 1024;

tl::expected<kdb::MasterKeys, int> read_stash(const std::string& file) {
  const auto octets =
      read_input(file, max_stash,
                 "--stash names it; \"kdb5_util stash -f FILE\", called on the KDC that wrote the "
                 "dump, writes one.");
  if (!octets) return tl::unexpected(octets.error());
  auto keys = kdb::MasterKeys::read(octets->bytes());
  if (keys) return *std::move(keys);
  return tl::unexpected(
      tell(exit_failed,
           fmt::format("{} is no stash file with a master key, as a keytab with K/M", printable(file)),
           "\"kdb5_util stash -f FILE\" of the KDC writes one."));
}

// A dump, from its first line to its last.
class Dump {
 public:
  // Errors: exit codes.
  static tl::expected<Dump, int> open(const std::string& file) {
    auto lines = InputLines::open(file);
    if (!lines) return tl::unexpected(lines.error());
    Dump dump(file, *std::move(lines));
    if (const int code = dump.read_header(); code != exit_ok) return tl::unexpected(code);
    return dump;
  }

  // Nothing at the end.
  tl::expected<std::optional<DumpedPrincipal>, int> next() {
    while (true) {
      const auto line = lines_.next();
      if (!line) return tl::unexpected(line.error());
      if (!*line) return std::nullopt;
      switch (kdb::kind_of(**line)) {
        case kdb::LineKind::principal:
          return read(**line);
        case kdb::LineKind::policy:
          ++policies_;
          break;
        case kdb::LineKind::other:
          return tl::unexpected(wrong_line("neither a principal's nor a policy's"));
      }
    }
  }

  int rewind() {
    lines_.rewind();
    policies_ = 0;
    return read_header();
  }
  std::size_t policies() const { return policies_; }

 private:
  Dump(std::string file, InputLines lines) : file_(std::move(file)), lines_(std::move(lines)) {}

  int read_header() {
    const auto line = lines_.next();
    if (!line) return line.error();
    const auto version = *line ? kdb::version_of_dump(**line) : std::nullopt;
    if (version && *version != 0) return exit_ok;
    return tell(exit_failed,
                version ? "this is a dump for other programs" : "this is no dump of MIT's kdb5_util",
                "Write one with \"kdb5_util dump FILE\", without -b7, -r13 and -i.");
  }

  tl::expected<std::optional<DumpedPrincipal>, int> read(std::string_view line) {
    auto principal = kdb::read_principal(line);
    if (principal) return *std::move(principal);
    return tl::unexpected(wrong_line(fmt::format(
        "no principal's: {} at its octet {}", name(principal.error().fault), principal.error().offset + 1)));
  }

  int wrong_line(std::string_view what) const {
    return tell(exit_failed, fmt::format("line {} of the dump is {}", lines_.number(), what),
                "Is the file whole? \"kdb5_util dump FILE\" writes it anew.");
  }

  std::string file_;
  InputLines lines_;
  std::size_t policies_ = 0;
};

// The first reading of a dump, all of it, so that nothing is done of one that is wrong somewhere.
class FirstReading {
 public:
  FirstReading(kdb::MasterKeys& master, const MitImportOptions& options) : master_(master) {
    for (const auto* names : {&options.users, &options.services})
      not_found_.insert(names->begin(), names->end());
  }

  // K/M says whether these are the right master keys, and has those that the stash file has not.
  int run(Dump& dump) {
    while (true) {
      const auto principal = dump.next();
      if (!principal) return principal.error();
      if (!*principal) break;
      ++count_;
      if ((*principal)->name.realm != master_.realm()) continue;
      if (const int code = look_at(**principal); code != exit_ok) return code;
    }
    if (!has_master_) return tell_no_master();
    if (!not_found_.empty())
      return tell(exit_usage,
                  fmt::format("the dump has no principal {}, which --user or --service names",
                              printable(*not_found_.begin())),
                  "Names are as the dump has them, in upper and lower case, and without their realm.");
    warn_of_what_misses();
    return dump.rewind();
  }

 private:
  int look_at(const DumpedPrincipal& principal) {
    const std::string name = text_of(principal.name);
    not_found_.erase(name);
    std::erase(kdcs_own_, name);
    if (!kdb::is_master(principal.name)) return exit_ok;
    has_master_ = true;
    if (master_.add(principal)) return exit_ok;
    return tell(
        exit_failed, "the stash file's master key is not that of the dump",
        "Name the stash file of the KDC that wrote it with --stash; \"kdb5_util stash -f FILE\" writes it "
        "anew.");
  }

  int tell_no_master() const {
    return tell(
        exit_failed,
        fmt::format("the dump has no K/M@{}, of which the stash file is", printable(master_.realm())),
        "Name the stash file of the KDC that wrote it with --stash. Where principals are dumped by name, K/M "
        "is to be one of them.");
  }

  // A dump has no last line: one that was cut at a line's end looks whole.
  void warn_of_what_misses() const {
    if (kdcs_own_.empty()) return;
    tell(exit_ok,
         fmt::format(
             "warning: the dump has {} principals, and not {}, which every KDC has: it may have been cut",
             count_, fmt::join(kdcs_own_, ", ")),
         "Compare with the KDC: \"kadmin.local listprincs | wc -l\". Where it was dumped by name, all is "
         "well.");
  }

  kdb::MasterKeys& master_;
  std::set<std::string, std::less<>> not_found_;  // that the command line names
  std::vector<std::string> kdcs_own_{"krbtgt/" + master_.realm(), "kadmin/admin", "kadmin/changepw"};
  std::size_t count_ = 0;
  bool has_master_ = false;
};

class MitImport {
 public:
  MitImport(RealmService& service, const MitImportOptions& options, const kdb::MasterKeys& master)
      : service_(service),
        master_(master),
        options_{master.realm(),
                 options.rc4,
                 {options.users.begin(), options.users.end()},
                 {options.services.begin(), options.services.end()}},
        report_({service.json(), options.dry_run}) {}

  ~MitImport() { admin::wipe_texts(accounts_); }
  MitImport(const MitImport&) = delete;
  MitImport& operator=(const MitImport&) = delete;

  int run(Dump& dump) {
    // What is wrong with all of it, such as the tenant, is told before any list.
    Json nobody{{"realm", options_.realm}, {"rc4", options_.rc4}, {"accounts", Json::array()}};
    if (const auto told = service_.call("import.accounts", std::move(nobody)); !told) return told.error();
    while (true) {
      const auto principal = dump.next();
      if (!principal) return stopped(principal.error());
      if (!*principal) break;
      if (const int code = take(**principal); code != exit_ok) return stopped(code);
    }
    if (const int code = send(); code != exit_ok) return stopped(code);
    report_.counted("principals", principals_, "principals read",
                    "as many as the KDC has that wrote the dump?");
    report_.counted("without_preauth", without_preauth_, "without preauth",
                    "they did not have +requires_preauth; here every account has to prove its key");
    report_.counted("policies", dump.policies(), "policies",
                    "they are not imported; [password] of realm.toml is for all users");
    return report_.finish();
  }

 private:
  struct Waiting {
    std::string name, kind, details;
  };

  int take(const DumpedPrincipal& principal) {
    ++principals_;
    MitAccount made = mit_account(principal, master_, options_);
    if (!made.skipped.empty()) {
      report_.skipped(made.name, made.skipped);
      return exit_ok;
    }
    for (const std::string& note : made.notes) report_.noted(made.name, note);
    if (made.without_preauth) ++without_preauth_;
    constexpr std::size_t fixed = 512, of_a_key = 256;  // octets of JSON, about
    octets_ += fixed + 2 * made.name.size();
    for (const kdb::SealedKey& key : principal.keys)
      octets_ += of_a_key + 2 * key.salt.size() + made.name.size();
    waiting_.push_back({made.name, made.account.at("kind").get<std::string>(), std::move(made.details)});
    accounts_.push_back(std::move(made.account));
    return waiting_.size() < max_batch && octets_ < max_batch_octets ? exit_ok : send();
  }

  int send() {
    if (waiting_.empty()) return exit_ok;
    Json arguments{{"realm", options_.realm}};
    if (report_.dry_run()) arguments["dry_run"] = true;
    arguments["accounts"] = std::exchange(accounts_, Json::array());
    octets_ = 0;
    const auto told = service_.call("import.accounts", std::move(arguments));
    if (!told) return told.error();
    has_sent_ = true;
    const auto waiting = std::exchange(waiting_, {});
    for (std::size_t i = 0; i < waiting.size(); ++i) report(waiting[i], told->at("outcomes").at(i));
    return exit_ok;
  }

  void report(const Waiting& account, const Json& told) {
    const std::string outcome = told.at("outcome").get<std::string>();
    if (outcome == "present") return report_.present(account.name);
    if (outcome == "given_keys") return report_.given_keys(account.name);
    if (outcome == "refused") return report_.refused(account.name, told.at("text").get<std::string>());
    // What a dry run leaves out does not stand in the way of what comes behind it.
    if (report_.dry_run() && !seen_.insert(directory::unique_key(account.name)).second)
      return report_.refused(account.name,
                             "another one in the dump has the same name, but for upper and lower case");
    report_.added(account.kind, account.name, account.details);
  }

  int stopped(int code) const {
    if (!has_sent_ || report_.dry_run()) return code;
    return tell(code, "the import has stopped: what was added before stays",
                "Call it again when that is put right: what is there already is passed over.");
  }

  RealmService& service_;
  const kdb::MasterKeys& master_;
  const MitOptions options_;
  ImportReport report_;
  Json accounts_ = Json::array();
  std::vector<Waiting> waiting_;
  std::size_t octets_ = 0, principals_ = 0, without_preauth_ = 0;
  bool has_sent_ = false;
  std::set<std::string> seen_;
};

}  // namespace

int import_mit(RealmService& service, const MitImportOptions& options) {
  if (options.file == "-" && options.stash == "-")
    return tell(exit_usage, "standard input is either the dump or the stash file");
  for (const std::string& name : options.users)
    if (std::find(options.services.begin(), options.services.end(), name) != options.services.end())
      return tell(exit_usage, fmt::format("{} is named by --user and by --service", printable(name)),
                  "It is the one or the other.");
  auto master = read_stash(options.stash);
  if (!master) return master.error();
  auto dump = Dump::open(options.file);
  if (!dump) return dump.error();
  if (const int code = FirstReading(*master, options).run(*dump); code != exit_ok) return code;
  warn_of_readers(options.file, "keys");
  warn_of_readers(options.stash, "the master key of the dump");
  return MitImport(service, options, *master).run(*dump);
}

}  // namespace ferryman
