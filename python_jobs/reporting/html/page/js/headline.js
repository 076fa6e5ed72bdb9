// The first look: some figures, and the sentences that Python made from the marts.
import { fill, h, partHead, said } from "./dom.js";
import { date, decimal, number, percent, plural } from "./format.js";
import { update } from "./state.js";
import { DAY, lineage } from "./store.js";

const SEE = { segments: "See the segment", trends: "See the trend", fix: "See what to fix", tags: "See the gap" };

export function drawSpan(store) {
  const { feedback, facts } = store;
  const at = (row) => date((feedback.first_day[0] + feedback.day[row]) * DAY);
  const span = feedback.day.length ? `${at(0)} to ${at(feedback.day.length - 1)}` : "";
  document.getElementById("span").textContent = [span, facts.is_local ? "local models: small, English first" : ""].filter(Boolean).join(" · ");
}

export function drawHeadline(store, figures) {
  const { all, counted, filtered, node } = figures;
  const chosen = filtered || node !== store.root;
  const top = (store.root?.children ?? []).filter((each) => !each.is_noise);
  fill(document.getElementById("headline"),
    partHead("headline", chosen ? "What your selection says" : "What customers say", chosen ? "The figures are of the feedback that your filters leave; the sentences are of all of it." : "In a minute: how much there is, what it is about, and what changed."),
    h("dl.figures", {},
      figure("Feedback", number(counted), counted === store.count ? "all that was loaded" : `${percent(counted / store.count)} of all`),
      figure("Mean rating", decimal(all.mean, 2), all.low === null ? "of 5" : `${decimal(all.low, 2)} to ${decimal(all.high, 2)}, 95% interval`),
      figure("Rated", percent(counted ? all.rated / counted : null), plural(all.rated, "rating")),
      figure("Segments", number(top.length), plural(store.nodes.filter((each) => each.depth > 0 && !each.is_noise).length, "segment") + " on all levels"),
      figure("In a segment", percent(shareInside(store, figures, top)), "the rest fits nowhere")),
    h("ul.sentences", {}, store.facts.headline.map((each) => sentence(each))));
}

function shareInside(store, { rows, counted }, top) {
  const inside = new Set(store.nodes.filter((node) => top.includes(lineage(node)[1])).map((node) => node.row));
  let found = 0;
  for (let row = 0; row < rows.length; row += 1) if (rows[row] && inside.has(store.feedback.cluster[row])) found += 1;
  return counted ? found / counted : null;
}

function figure(title, value, note) {
  return h("div", {}, h("dt", {}, title), h("dd.big", {}, value), h("dd.note", {}, note));
}

function sentence({ lead, text, section, key }) {
  const open = (event) => {
    event.preventDefault();
    update(section === "segments" && key ? { seg: key } : {}, { step: true });
    goTo(section);
  };
  return h("li", {}, h("span.lead", {}, lead), said(text, "p.words"), h("a.link", { href: `#${section}`, on: { click: open } }, SEE[section]));
}

/** Without touching the address, which holds the state. */
export function goTo(section) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.getElementById(section).scrollIntoView({ behavior: calm ? "auto" : "smooth" });
  document.getElementById(`${section}-title`)?.focus({ preventScroll: true });
}
