// Colours that people with any colour vision tell apart; ink that can be read on them.
const RATING = ["#b35806", "#e08a3c", "#f3c795", "#ece8e1", "#b5d2ea", "#5f9fd0", "#1c62a5"]; // worse … better
const CHANGE = ["#2b7a3a", "#72b379", "#c0dfc0", "#ece8e1", "#d9c5e6", "#a97cc4", "#6d3b91"]; // fading … rising
/* After Okabe and Ito, and Tol's muted scheme: twelve that stay apart for most people. */
export const THEMES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#a8326e", "#999933", "#6f5fd0", "#44aa99", "#aa4499", "#ddcc77"];
export const NO_COLOUR = "#9aa1a8";

const channels = (hex) => [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
export const rgb = channels;

/** -1 … 1 on a diverging scale, 0 in the middle. */
export function diverging(value, kind) {
  const stops = kind === "change" ? CHANGE : RATING;
  const place = ((Math.max(-1, Math.min(1, value)) + 1) / 2) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(place));
  const mix = channels(stops[low]).map((each, index) => Math.round(each + (channels(stops[low + 1])[index] - each) * (place - low)));
  return `#${mix.map((each) => each.toString(16).padStart(2, "0")).join("")}`;
}

export const rampOf = (kind) => Array.from({ length: 9 }, (_, step) => diverging(step / 4 - 1, kind));

/** Black or white, whichever is read better (WCAG's contrast). */
export function inkOn(hex) {
  const [red, green, blue] = channels(hex).map((each) => {
    const part = each / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}
