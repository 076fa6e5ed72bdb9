// Numbers and days as people read them.
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const dates = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const UNKNOWN = "–";
const known = (value) => value !== null && value !== undefined && !Number.isNaN(value);

export const number = (value) => (known(value) ? whole.format(value) : UNKNOWN);
export function decimal(value, digits = 1) {
  if (!known(value)) return UNKNOWN;
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}
/** How many times: two digits that count. */
export const ratio = (value) => (known(value) ? decimal(value, value < 0.095 ? 2 : value < 9.5 ? 1 : 0) : UNKNOWN);
export const signed = (value, digits = 1) => (known(value) ? `${value > 0 ? "+" : ""}${decimal(value, digits)}` : UNKNOWN);
export function percent(share) {
  if (!known(share)) return UNKNOWN;
  const size = Math.abs(share * 100);
  return `${decimal(share * 100, size > 0 && size < 9.95 ? 1 : 0)}%`;
}
export const points = (share) => (known(share) ? `${signed(share * 100)} points` : UNKNOWN);
export const date = (milliseconds) => (known(milliseconds) ? dates.format(milliseconds) : UNKNOWN);
export const iso = (milliseconds) => new Date(milliseconds).toISOString().slice(0, 10);
export const words = (name) => name.replaceAll("_", " ");
export const shortened = (text, length) => (text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text);
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** How sure a test is, in words; q is the share of false alarms among what is as clear. */
export function sureness(q) {
  if (!known(q)) return "not tested";
  if (q <= 0.001) return "very sure";
  if (q <= 0.01) return "sure";
  return q <= 0.05 ? "likely" : "could be chance";
}
