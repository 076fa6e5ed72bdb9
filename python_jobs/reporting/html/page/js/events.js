// What became of segments between two published runs, from the mart `cluster_changes`.
import { date, percent } from "./format.js";

const TELLING = ["born", "split", "merged", "died"];

/** Events that say something; a segment that went on is none. */
export const eventsOf = (store, node) => store.changes.filter((each) => TELLING.includes(each.event) && each.cluster_key === node.cluster_key);

export const deathsOf = (store) => store.changes.filter((each) => each.event === "died" && each.is_latest);

export function eventWords(event) {
  const before = event.previous_cluster_name ? `“${event.previous_cluster_name}”` : "an earlier segment";
  const when = `run of ${date(event.published_at)}`;
  if (event.event === "born") return `New segment, ${when}`;
  if (event.event === "split") return `Split from ${before} (${percent(event.share_of_previous)} of it), ${when}`;
  if (event.event === "merged") return `Took in ${before}, ${when}`;
  return `${before} is no longer a segment, ${when}`;
}

/** Where an event lies on the line of periods, 0 to 1: a run is published after its feedback. */
export function placeOf(store, moment) {
  const [first, last] = [store.periods[0], store.periods.at(-1)];
  return last > first ? Math.max(0, Math.min(1, (moment - first) / (last - first))) : 1;
}
