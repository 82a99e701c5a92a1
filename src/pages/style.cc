#include "pages/style.h"

#include "pages/csp.h"

namespace ferryman::pages {
namespace {

constexpr Literal sheet(R"css(
:root { color-scheme: light dark; --paper: #f4f5f3; --card: #fff; --ink: #1c2421; --soft: #56635d;
  --line: #d5dad7; --main: #14595a; --on-main: #fff; --danger: #a3261c; --on-danger: #fff; --wash: #fdecea;
  --good: #e6f2ee; }
@media (prefers-color-scheme: dark) { :root { --paper: #12171a; --card: #1b2226; --ink: #e8ecea;
  --soft: #a3b0aa; --line: #36423f; --main: #6fc3bd; --on-main: #08211f; --danger: #f19b90; --on-danger: #33100b;
  --wash: #3a1d1a; --good: #17332c; } }
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 40rem; margin: 0 auto; padding: 0 1.25rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between;
  padding-top: 1.25rem; padding-bottom: 1.25rem; }
header p { margin: 0; }
.mark { font-weight: 600; letter-spacing: .01em; display: flex; align-items: center; gap: .6rem; }
.mark::before { content: ""; width: 1.5rem; height: 1.5rem; border-radius: .4rem; background: var(--main); flex: none; }
.who { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; color: var(--soft); }
footer { color: var(--soft); font-size: .875rem; padding-top: .5rem; padding-bottom: 2.5rem; }
body:has(.narrow) header, body:has(.narrow) main { max-width: 30.5rem; }
[hidden] { display: none !important; }
time { white-space: nowrap; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.75rem;
  margin-bottom: 1.25rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.125rem; margin: 0 0 .25rem; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
.card > :last-child, form > :last-child { margin-bottom: 0; }
.soft { color: var(--soft); }
a { color: var(--main); }
label { display: block; font-weight: 600; margin-bottom: .25rem; }
.hint { color: var(--soft); font-size: .875rem; margin: -.75rem 0 1rem; }
input { width: 100%; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--soft);
  border-radius: .5rem; padding: .625rem .75rem; margin-bottom: 1rem; min-height: 2.75rem; }
.code { font-family: ui-monospace, monospace; letter-spacing: .15em; text-transform: uppercase; font-size: 1.25rem; }
button, .button { display: inline-block; font: inherit; font-weight: 600; border-radius: .5rem; cursor: pointer;
  border: 1px solid var(--line); background: var(--card); color: var(--ink); padding: .625rem 1.125rem;
  min-height: 2.75rem; text-decoration: none; text-align: center; }
button.main { background: var(--main); border-color: var(--main); color: var(--on-main); }
button.danger { background: var(--danger); border-color: var(--danger); color: var(--on-danger); }
button:hover, .button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
input:focus-visible { outline-offset: 0; border-color: var(--main); }
.wide button { width: 100%; }
.or { margin-top: 1.25rem; border-top: 1px solid var(--line); padding-top: 1.25rem; }
.small button, .small.button { padding: .25rem .75rem; min-height: 2rem; font-weight: 500; font-size: .9375rem; }
.row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; }
.notice { border-radius: .5rem; padding: .75rem 1rem; margin: 0 0 1.25rem; background: var(--good); }
.problem { background: var(--wash); color: var(--danger); font-weight: 500; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0 0 1.25rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
ul.list { list-style: none; margin: 0; padding: 0; }
ul.list > li { display: flex; gap: .75rem 1rem; justify-content: space-between; align-items: flex-start;
  border-top: 1px solid var(--line); padding: 1rem 0; }
ul.list > li:first-child { margin-top: .75rem; }
ul.list > li:last-child { padding-bottom: 0; }
.below { margin-top: 1rem; }
.what { min-width: 0; }
.what p { margin: 0; }
.name { font-weight: 600; }
@media (max-width: 30rem) { .card { padding: 1.25rem; } dl { grid-template-columns: 1fr; gap: 0; }
  dd:not(:last-child) { margin-bottom: .5rem; } .row > *, .row button { width: 100%; }
  ul.list > li { flex-direction: column; } }
)css");

}  // namespace

Html style_sheet() {
  return Html::verbatim(sheet);
}

const std::string& style_source() {
  static const std::string source = csp_hash(sheet.text());
  return source;
}

}  // namespace ferryman::pages
