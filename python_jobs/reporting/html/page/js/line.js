// A small line of feedback by period, with what happened marked on it.
import { svg } from "./dom.js";

const WIDE = 300;

/** `marks` are places on the axis, 0 to 1; `recent` is where the recent window begins, 0 to 1;
 * the last `open` periods have not ended yet. */
export function line(values, { height = 84, label, marks = [], recent = null, open = 0 } = {}) {
  const top = Math.max(1, ...values);
  const last = Math.max(1, values.length - 1);
  const at = (value, place) => `${((place / last) * WIDE).toFixed(1)},${(height - 2 - (value / top) * (height - 8)).toFixed(1)}`;
  const path = Array.from(values, at);
  const shown = path.length === 1 ? [path[0], `${WIDE},${path[0].split(",")[1]}`] : path;
  return svg("svg.line", { viewBox: `0 0 ${WIDE} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    recent === null ? null : svg("rect.recent", { x: recent * WIDE, y: 0, width: WIDE - recent * WIDE, height: height - 2 }),
    svg("line.axis", { x1: 0, x2: WIDE, y1: height - 1, y2: height - 1 }),
    shown.length ? svg("path.area", { d: `M0,${height - 2}L${shown.join("L")}L${WIDE},${height - 2}Z` }) : null,
    shown.length > open ? svg("path.stroke", { d: `M${shown.slice(0, shown.length - open).join("L")}` }) : null,
    open && shown.length > open ? svg("path.stroke.dashed", { d: `M${shown.slice(-1 - open).join("L")}` }) : null,
    marks.map((mark) => svg("line.event", { x1: mark * WIDE, x2: mark * WIDE, y1: 0, y2: height })));
}
