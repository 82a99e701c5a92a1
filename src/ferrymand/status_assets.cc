#include "ferrymand/status_page.h"

namespace ferryman {

const std::string_view status_policy =
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

const std::string_view status_style = R"css(
:root { color-scheme: light dark; --paper: #f4f5f3; --card: #fff; --ink: #1c2421; --soft: #56635d; --line: #dde2df;
  --main: #14595a; --good: #1b6b4b; --warn: #8a5300; --bad: #a3261c; --good-wash: #e3f2eb; --warn-wash: #fcf0d8;
  --bad-wash: #fdecea; --plain-wash: #eceeec; }
@media (prefers-color-scheme: dark) { :root { --paper: #12171a; --card: #1b2226; --ink: #e8ecea; --soft: #a3b0aa;
  --line: #323d3b; --main: #6fc3bd; --good: #7fd3a9; --warn: #f0bd66; --bad: #f5a79d; --good-wash: #17332a;
  --warn-wash: #372a12; --bad-wash: #3d1f1c; --plain-wash: #2a3336; } }
*, *::before, *::after { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0 auto; max-width: 76rem; padding: 0 1.25rem 2rem; background: var(--paper); color: var(--ink);
  font: .9375rem/1.5 system-ui, sans-serif; }
[hidden] { display: none !important; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; padding: 1.25rem 0 .75rem; }
h1 { font-size: 1.25rem; line-height: 1.25; margin: 0; display: flex; align-items: center; gap: .6rem; }
h1::before { content: ""; width: 1.5rem; height: 1.5rem; border-radius: .4rem; background: var(--main); flex: none; }
h2 { font-size: 1.0625rem; line-height: 1.3; margin: 0 0 .75rem; }
p { margin: 0; overflow-wrap: anywhere; }
header p { display: flex; flex-wrap: wrap; gap: .25rem .625rem; align-items: center; }
header button { margin-left: auto; }
#stale { width: 100%; color: var(--bad); font-weight: 600; }
.soft { color: var(--soft); }
time { white-space: nowrap; font-variant-numeric: tabular-nums; }
a { color: var(--main); text-underline-offset: .2em; }
code, pre { font-family: ui-monospace, monospace; font-size: .875rem; }
button { font: inherit; font-weight: 600; border: 1px solid var(--line); border-radius: .5rem; background: var(--card);
  color: var(--ink); padding: .25rem .875rem; min-height: 2.25rem; cursor: pointer; }
button:hover { border-color: var(--soft); }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; border-radius: .25rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.125rem; list-style: none; margin: 0 0 1rem; padding: 0; }
nav a { display: inline-block; padding: .125rem 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.125rem 1.25rem;
  margin: 0 0 1rem; }
.findings { list-style: none; margin: 0; padding: 0; }
.notice { border-radius: .625rem; padding: .75rem 1rem; margin: 0 0 .625rem; font-weight: 500; overflow-wrap: anywhere; }
.notice b { margin-right: .375rem; }
.notice.good { background: var(--good-wash); color: var(--good); }
.notice.warn { background: var(--warn-wash); color: var(--warn); }
.notice.bad { background: var(--bad-wash); color: var(--bad); }
#figures { margin: 1rem 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 0 0 1rem; }
.tiles > div { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: .625rem 1rem;
  display: flex; flex-direction: column; }
section .tiles > div { background: var(--paper); border-color: transparent; }
.tiles dt { color: var(--soft); font-size: .8125rem; }
.tiles dd { margin: 0; font-size: 1.375rem; line-height: 1.3; font-weight: 600; font-variant-numeric: tabular-nums; }
.plots { display: grid; grid-template-columns: repeat(3, 1fr); gap: 1rem; margin: 0 0 1rem; }
.plots figure { margin: 0; min-width: 0; display: flex; flex-direction: column; }
figcaption { font-weight: 600; }
figcaption .soft { font-weight: 400; }
.legend { list-style: none; margin: .125rem 0 .5rem; padding: 0; display: flex; flex-wrap: wrap; gap: 0 1rem;
  font-size: .8125rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.legend li::before { content: ""; display: inline-block; width: .75rem; height: .1875rem; border-radius: 1px;
  vertical-align: middle; margin-right: .375rem; background: var(--main); }
.legend li.good::before { background: var(--good); }
.legend li.warn::before { background: var(--warn); }
.legend li.bad::before { background: var(--bad); }
.legend b { color: var(--ink); }
.scale, .ends { font-size: .75rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.scale { margin-top: auto; border-bottom: 1px solid var(--line); line-height: 1.4; }
.ends { display: flex; justify-content: space-between; }
figure svg { display: block; width: 100%; height: 7rem; }
figure path { fill: none; vector-effect: non-scaling-stroke; }
.grid { stroke: var(--line); stroke-width: 1; }
.line { stroke-width: 1.75; stroke-linejoin: round; stroke-linecap: round; }
.line.main { stroke: var(--main); }
.line.good { stroke: var(--good); }
.line.warn { stroke: var(--warn); }
.line.bad { stroke: var(--bad); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .4375rem .75rem .4375rem 0; border-top: 1px solid var(--line);
  overflow-wrap: anywhere; }
thead th { border-top: 0; padding-top: 0; color: var(--soft); font-weight: 500; font-size: .8125rem; }
tbody th { font-weight: 600; }
#refusals table { table-layout: fixed; }
.each { display: block; font-weight: 400; }
.badge { display: inline-block; border-radius: 1rem; padding: .0625rem .625rem; font-size: .8125rem; font-weight: 600;
  background: var(--plain-wash); color: var(--ink); }
.badge.good { background: var(--good-wash); color: var(--good); }
.badge.warn { background: var(--warn-wash); color: var(--warn); }
.badge.bad { background: var(--bad-wash); color: var(--bad); }
summary { cursor: pointer; }
summary h2 { display: inline; }
pre { margin: .875rem 0 0; padding: .875rem 1rem; background: var(--paper); border-radius: .5rem; overflow: auto;
  max-height: 30rem; }
footer { color: var(--soft); font-size: .875rem; padding-top: .25rem; }
@media (max-width: 60rem) { .plots { grid-template-columns: 1fr; } figure svg { height: 6rem; } }
@media (max-width: 40rem) {
  body { padding: 0 .875rem 1.5rem; }
  header button { order: 1; }
  header p { order: 2; width: 100%; }
  .card { padding: 1rem; }
  .tiles { grid-template-columns: 1fr 1fr; gap: .625rem; }
  table, tbody, tr, th, td { display: block; }
  thead { display: none; }
  tr { border-top: 1px solid var(--line); padding: .625rem 0; }
  tbody tr:first-child { border-top: 0; padding-top: 0; }
  tbody tr:last-child { padding-bottom: 0; }
  th, td { border: 0; padding: .0625rem 0; }
  td { display: grid; grid-template-columns: 6.5rem 1fr; gap: 0 .75rem; justify-items: start; }
  td::before { content: attr(data-label); color: var(--soft); }
  td .each { grid-column: 2; }
}
@media print { button, nav { display: none !important; } .card { break-inside: avoid; } }
)css";

// What is shown is replaced by what the service shows now; the rest of the page, with focus and scrolling,
// stays.
const std::string_view status_script = R"js("use strict";
(() => {
  const interval = 5000;
  const button = document.getElementById("pause");
  const stale = document.getElementById("stale");
  let paused = false, asking = false, last = new Date();

  const take = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(part.id);
      if (now && now.innerHTML !== part.innerHTML) part.replaceChildren(...now.childNodes);
    }
    document.title = fresh.title;
    last = new Date();
    stale.hidden = true;
  };

  const refresh = async () => {
    if (paused || asking || document.hidden) return;
    asking = true;
    try {
      const answer = await fetch(location.pathname, { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.statusText);
      take(await answer.text());
    } catch {
      stale.textContent = "The service does not answer. This is how it was at " + last.toLocaleTimeString() + ".";
      stale.hidden = false;
    } finally {
      asking = false;
    }
  };

  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    button.textContent = paused ? "Go on" : "Pause";
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  setInterval(refresh, interval);
})();
)js";

}  // namespace ferryman
