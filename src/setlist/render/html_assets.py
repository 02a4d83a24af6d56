"""What every HTML report carries within itself: colours, layout, and a few lines of script that it can do without."""

from __future__ import annotations

from setlist.render.svg import DARK, LIGHT, RULES

STYLE = f"""\
:root{{{LIGHT};color-scheme:light}}
@media(prefers-color-scheme:dark){{:root:not([data-theme=light]){{{DARK};color-scheme:dark}}}}
:root[data-theme=dark]{{{DARK};color-scheme:dark}}
{RULES}
*{{box-sizing:border-box}}
body{{margin:0 auto;max-width:76rem;padding:1rem;background:var(--page);color:var(--ink);line-height:1.5;
font-family:system-ui,sans-serif;overflow-wrap:break-word}}
a{{color:var(--link)}}
:focus-visible{{outline:3px solid var(--link);outline-offset:2px}}
.skip{{position:absolute;left:-99rem}}.skip:focus{{left:1rem;top:.5rem;background:var(--page);padding:.5rem}}
header{{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:baseline;justify-content:space-between}}
h1{{font-size:1.4rem;margin:0}}
h2{{font-size:1.15rem;margin:2rem 0 .5rem;padding-top:.5rem;border-top:1px solid var(--line)}}
section{{content-visibility:auto;contain-intrinsic-size:auto 30rem}}section.all{{content-visibility:visible}}
h3{{font-size:1rem;margin:1rem 0 .3rem}}
code,pre{{font:.85rem ui-monospace,monospace}}
pre{{background:var(--card);border:1px solid var(--line);padding:.6rem;white-space:pre-wrap;margin:.3rem 0;
user-select:all}}
button,select,input{{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:4px;
padding:.35rem .6rem;min-height:2.5rem;max-width:100%}}
.counts{{display:flex;flex-wrap:wrap;gap:.5rem;padding:0;list-style:none}}
.counts li{{border:1px solid var(--line);border-left:.5rem solid var(--line);border-radius:4px;padding:.3rem .8rem}}
.counts b{{font-size:1.4rem;margin-right:.3rem}}
.irreversible{{border-left-color:var(--removed)!important}}.live{{border-left-color:var(--moved)!important}}
.safe{{border-left-color:var(--added)!important}}.blocked{{border-left-style:double!important}}
table{{border-collapse:collapse;width:100%;font-size:.9rem}}
th,td{{text-align:left;vertical-align:top;padding:.3rem .5rem;border-bottom:1px solid var(--line)}}
thead th{{color:var(--soft);font-weight:600;white-space:nowrap}}td{{overflow-wrap:anywhere}}
td[data-of=What]{{overflow-wrap:normal}}time{{white-space:nowrap}}
@media(min-width:64rem){{.wide a{{overflow-wrap:break-word}}}}
del{{background:var(--cut);text-decoration-thickness:1px}}ins{{background:var(--add);text-decoration:none}}
.lines{{white-space:pre-wrap;font:.8rem ui-monospace,monospace}}
.filters{{display:flex;flex-wrap:wrap;gap:.6rem;border:1px solid var(--line);border-radius:4px;padding:.6rem;
margin:0 0 .8rem}}
.filters[hidden]{{display:none}}
.filters label{{display:grid;font-size:.85rem;color:var(--soft)}}
.change{{border:1px solid var(--line);border-left:.4rem solid var(--line);border-radius:4px;margin:.3rem 0;
padding:0 .6rem;content-visibility:auto;contain-intrinsic-size:auto 3rem}}
.change[hidden]{{display:none}}
.change>summary{{cursor:pointer;padding:.5rem 0}}
.tag{{font-size:.75rem;border:1px solid var(--line);border-radius:1rem;padding:0 .5rem;white-space:nowrap}}
.soft{{color:var(--soft);font-size:.85rem}}
.stage{{overflow:auto;border:1px solid var(--line);border-radius:4px;max-height:32rem;touch-action:pan-y}}
.stage svg{{display:block;max-width:100%;height:auto;min-height:8rem}}
.pair{{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,28rem),1fr));gap:.6rem}}
figure{{margin:.5rem 0;min-width:0}}figcaption{{font-size:.85rem;color:var(--soft)}}
.days{{table-layout:fixed}}.days td{{height:3.6rem;border:1px solid var(--line);font-size:.75rem;padding:.2rem}}
.days th{{border:1px solid var(--line)}}.days .busy{{background:var(--mend)}}.days a{{display:block}}
.days tbody{{border-bottom:1px solid var(--line)}}.days .bands td{{height:auto;padding:0;border-block-width:0}}
.bands a{{overflow:hidden;white-space:nowrap;text-overflow:ellipsis;padding:.1rem .3rem;color:inherit;font-weight:600}}
.bands .freeze{{background:var(--cut);border:2px solid var(--removed)}}
.bands .only{{background:var(--add);border:2px dashed var(--added)}}
.standing{{border:3px solid var(--removed);border-radius:4px;padding:0 1rem .6rem;margin-top:1rem}}
.standing h2{{margin:.4rem 0;border:0;color:var(--removed)}}
@media(max-width:40rem){{
body{{padding:.6rem}}.wide thead{{position:absolute;left:-99rem}}
.wide tr{{display:block;border-bottom:2px solid var(--line)}}
.wide td,.wide th{{display:block;border:0;padding:.1rem .3rem}}
.wide td[data-of]:not(:empty)::before{{content:attr(data-of) ": ";color:var(--soft)}}
.wide td:empty{{display:none}}.days td{{height:2.6rem;font-size:.65rem}}
}}
@media print{{
:root,:root[data-theme=dark]{{{LIGHT};color-scheme:light}}
body{{max-width:none}}section{{content-visibility:visible}}.filters,.skip,button{{display:none!important}}
.change{{content-visibility:visible;break-inside:avoid}}
details::details-content{{content-visibility:visible;display:block}}.stage{{max-height:none;overflow:visible}}
}}
"""

SCRIPT = """\
"use strict";
const all = (query, from) => Array.from((from || document).querySelectorAll(query));
const theme = document.getElementById("theme");
theme.hidden = false;
theme.addEventListener("click", () => {
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = root.dataset.theme || (dark ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
  theme.textContent = root.dataset.theme === "dark" ? "Light colours" : "Dark colours";
});
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const clock = new Intl.DateTimeFormat("sv-SE", {dateStyle: "short", timeStyle: "short"});
for (const one of all("time")) one.textContent = clock.format(new Date(one.dateTime));
for (const one of all("th")) if (one.textContent === "UTC") one.textContent = zone;
for (const one of all("[data-of=UTC]")) one.dataset.of = zone;
const filters = document.getElementById("filters"), changes = all(".change");
function sift() {
  const wanted = all("select", filters).map((one) => [one.name, one.value]).filter((one) => one[1]);
  const words = filters.querySelector("input").value.toLowerCase();
  let count = 0;
  for (const one of changes) {
    const fits = wanted.every(([name, value]) => one.dataset[name] === value);
    one.hidden = !(fits && one.dataset.name.toLowerCase().includes(words));
    count += one.hidden ? 0 : 1;
  }
  document.getElementById("shown").textContent = count + " of " + changes.length + " changes are shown.";
}
if (filters) {
  filters.hidden = false;
  filters.addEventListener("input", sift);
  document.getElementById("open").addEventListener("click", () => {
    const wanted = changes.filter((one) => !one.hidden), open = wanted.some((one) => !one.open);
    for (const one of wanted) one.open = open;
  });
  sift();
}
let closed = [];
addEventListener("beforeprint", () => {
  closed = all("details:not([open])");
  for (const one of closed) one.open = true;
});
addEventListener("afterprint", () => { for (const one of closed) one.open = false; });
function reveal() {
  const found = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (found && found.tagName === "DETAILS") { found.hidden = false; found.open = true; found.scrollIntoView(); }
}
addEventListener("hashchange", reveal);
reveal();
function view(stage, change) {
  const svg = stage.querySelector("svg");
  const whole = stage.whole || (stage.whole = svg.getAttribute("viewBox").split(" ").map(Number));
  const [x, y, w, h] = svg.getAttribute("viewBox").split(" ").map(Number);
  const next = change === null ? whole : [x + w * (change.x || 0) + w * (1 - (change.by || 1)) / 2,
    y + h * (change.y || 0) + h * (1 - (change.by || 1)) / 2, w * (change.by || 1), h * (change.by || 1)];
  svg.setAttribute("viewBox", next.join(" "));
}
const moves = {
  "+": {by: 0.8}, "=": {by: 0.8}, "-": {by: 1.25}, "0": null,
  ArrowLeft: {x: -0.1}, ArrowRight: {x: 0.1}, ArrowUp: {y: -0.1}, ArrowDown: {y: 0.1},
};
document.addEventListener("keydown", (event) => {
  const stage = event.target.classList && event.target.classList.contains("stage") ? event.target : null;
  if (stage && event.key in moves && !event.ctrlKey && !event.metaKey && !event.altKey) {
    view(stage, moves[event.key]);
    event.preventDefault();
  }
});
document.addEventListener("click", (event) => {
  const button = event.target.closest && event.target.closest("[data-move]");
  if (button) view(button.closest("figure").querySelector(".stage"), moves[button.dataset.move]);
});
document.addEventListener("wheel", (event) => {
  const stage = event.ctrlKey && event.target.closest(".stage");
  if (stage) { view(stage, {by: event.deltaY > 0 ? 1.1 : 0.9}); event.preventDefault(); }
}, {passive: false});
let drag = null;
document.addEventListener("pointerdown", (event) => {
  const stage = event.target.closest(".stage");
  if (stage && event.button === 0) drag = {stage, x: event.clientX, y: event.clientY};
});
document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const box = drag.stage.getBoundingClientRect();
  view(drag.stage, {x: (drag.x - event.clientX) / box.width, y: (drag.y - event.clientY) / box.height});
  drag.x = event.clientX; drag.y = event.clientY;
});
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { drag = null; });
"""
