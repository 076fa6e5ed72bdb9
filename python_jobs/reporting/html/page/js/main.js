// Opens the data, draws the parts, and draws anew what a change concerns.
import { announce, fill, h } from "./dom.js";
import { closeMenusOutside, drawFilters } from "./filters.js";
import { drawFix } from "./fix.js";
import { figuresOf } from "./figures.js";
import { drawHeadline, drawSpan, goTo } from "./headline.js";
import { drawHealth } from "./health.js";
import { drawMap, makeMap } from "./map.js";
import { drawSegments } from "./segments.js";
import { drawTags } from "./tags.js";
import { drawTrends } from "./trends.js";
import { openStore, openTexts } from "./store.js";
import { listenToAddress, onChange, state } from "./state.js";

const PARTS = [["headline", "Headline"], ["segments", "Segments"], ["map", "Map"], ["trends", "Trends"], ["fix", "Fix first"], ["tags", "Tags"], ["health", "Health"]];
const LOOKS = ["auto", "light", "dark"];
/* What only one part shows; anything else concerns them all. */
const OF_ONE = { tree: drawSegments, colour: drawSegments, dots: drawMap, kind: drawFix, q: null };

async function open() {
  frame();
  try {
    const store = await openStore();
    start(store);
    performance.mark("usable");
    await openTexts(store);
    drawSegments(store, store.figures);
    performance.mark("texts");
    document.documentElement.dataset.ready = "yes";
  } catch (error) {
    fill(document.getElementById("waiting"), "This browser could not open the report. It needs one of 2023 or later (Chrome 113, Firefox 113, Safari 16.4).");
    throw error;
  }
}

function start(store) {
  document.getElementById("waiting").remove();
  listenToAddress();
  for (const [part] of PARTS) document.getElementById(part).hidden = false;
  drawSpan(store);
  makeMap(store);
  drawHealth(store);
  drawAll(store);
  closeMenusOutside();
  onChange((changed) => {
    if ([...changed].every((name) => name in OF_ONE)) for (const name of changed) OF_ONE[name]?.(store, store.figures);
    else drawAll(store);
    if (changed.has("seg")) announce(`Segment: ${store.figures.node?.cluster_name ?? "all"}`);
  });
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; drawSegments(store, store.figures); } });
  for (const [event, isOpen] of [["beforeprint", true], ["afterprint", false]]) addEventListener(event, () => { document.getElementById("health-fold").open = isOpen; });
}

function drawAll(store) {
  store.figures = figuresOf(store, state());
  for (const draw of [drawFilters, drawHeadline, drawSegments, drawMap, drawTrends, drawFix, drawTags]) draw(store, store.figures);
}

/** Links to the parts and the choice of light or dark: needed before any data. */
function frame() {
  const link = ([part, title]) => h("a", { href: `#${part}`, on: { click: (event) => { event.preventDefault(); goTo(part); } } }, title);
  fill(document.getElementById("sections"), PARTS.map(link));
  document.getElementById("skip").addEventListener("click", (event) => { event.preventDefault(); document.getElementById("main").focus(); });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let look = "auto";
  const button = h("button.button", { type: "button", on: { click: () => { look = LOOKS[(LOOKS.indexOf(look) + 1) % LOOKS.length]; wear(); } } });
  const wear = () => {
    document.documentElement.dataset.theme = look === "auto" ? (dark.matches ? "dark" : "light") : look;
    fill(button, { auto: "◐ Auto", light: "○ Light", dark: "● Dark" }[look]);
    button.setAttribute("aria-label", `Colours: ${look}. Change`);
  };
  dark.addEventListener("change", wear);
  fill(document.getElementById("tools"), button);
  wear();
}

open();
