// For who runs the pipeline: freshness, what waits, costs, runs. One fold at the end.
import { fill, h, partHead, said } from "./dom.js";
import { date, number, percent, words } from "./format.js";
import { rowsOf } from "./store.js";

export function drawHealth(store) {
  const steps = rowsOf(store.marts.pipeline_health);
  const { parameters, library_versions: versions } = store.facts;
  const bad = steps.filter((each) => each.health !== "good");
  const state = bad.length ? `${bad.map((each) => `${each.step}: ${each.health}`).join(", ")}` : "All steps are good.";
  fill(document.getElementById("health"), partHead("health", "Health", "How fresh this is and what it was made with."),
    h("details.card", { id: "health-fold" }, h("summary", {}, h(`span.state${bad.length ? "" : ".good"}`, {}, state), h("span.soft.small", {}, "Steps, runs, parameters, versions, costs")),
      h("div.inside", {}, stepTable(steps), runTable(rowsOf(store.marts.cluster_runs)), pairs("Parameters of the published run", parameters), pairs("Versions of the published run", versions), drift(rowsOf(store.marts.cluster_drift)), costs(rowsOf(store.marts.model_costs)),
        h("p.soft.small", {}, `Customer Insights Pipeline ${store.facts.version}${store.facts.run ? ` · cluster run ${store.facts.run}` : ""}${store.facts.tagged_by ? ` · tagged by ${store.facts.tagged_by}` : ""}${store.facts.worded_by ? ` · headline worded by ${store.facts.worded_by}` : ""}. Period of the trends: ${store.facts.period}.`))));
}

function grid(caption, titles, rows) {
  return h("div.scroll", { tabindex: "0", role: "region", "aria-label": caption }, h("h3", {}, caption), h("table", {}, h("thead", {}, h("tr", {}, titles.map((each) => h("th", { scope: "col" }, each)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, typeof cell === "string" ? said(cell) : cell)))))));
}

const stepTable = (steps) => grid("Steps", ["Step", "State", "Waiting", "Given up", "Last good", "Model", "Message"], steps.map((each) =>
  [each.step, h(`span.state${each.health === "good" ? ".good" : ""}`, {}, each.health), number(each.count_pending), number(each.count_dead_letters), date(each.last_good_at), each.model ?? "–", each.message ?? "–"]));

const runTable = (runs) => grid("Cluster runs", ["Run", "State", "Method", "Embedding", "Feedback", "Segments", "Noise", "Continuity", "Made", "Published"], runs.slice(-8).reverse().map((each) =>
  [each.run_id, each.status, each.method, `${each.embedding_model} (${number(each.embedding_dimensions)})`, number(each.count_feedback), number(each.count_clusters), percent(each.noise_share), percent(each.continuity), date(each.created_at), date(each.published_at)]));

/** Names and values as they were recorded: what somebody needs to make the run again. */
const pairs = (caption, rows) => (rows.length ? h("div", {}, h("h3", {}, caption), h("dl.pairs", {}, rows.map(([name, value]) => h("div", {}, h("dt", {}, said(words(name))), h("dd", {}, said(value)))))) : null);

function drift(rows) {
  const latest = rows.filter((each) => each.is_latest).at(-1);
  if (!latest) return null;
  return h("p", {}, `Since the run ${number(latest.count_feedback)} feedback were placed in it; ${percent(latest.noise_share)} fit nowhere (${percent(latest.expected_noise_share)} expected). ${latest.is_full_run_recommended ? "A full run is due: " : "No full run is due."}`, latest.is_full_run_recommended ? said(latest.reason) : null);
}

function costs(rows) {
  if (!rows.length) return h("p", {}, "Cost: no paid model was asked.");
  const by = new Map();
  for (const each of rows) {
    const name = [each.job, each.provider, each.model].join(" · ");
    const sum = by.get(name) ?? { requests: 0, input: 0, output: 0, cost: 0, unknown: false };
    sum.requests += each.count_requests; sum.input += each.input_tokens ?? 0; sum.output += each.output_tokens ?? 0;
    sum.cost += each.known_cost_usd ?? 0; sum.unknown ||= each.cost_usd === null;
    by.set(name, sum);
  }
  return grid("Cost", ["Job and model", "Requests", "Tokens in", "Tokens out", "US dollars"], [...by].map(([name, sum]) => [name, number(sum.requests), number(sum.input), number(sum.output), `${sum.unknown ? "at least " : ""}${sum.cost.toFixed(2)}`]));
}
