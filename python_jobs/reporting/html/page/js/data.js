// Unpack what `packing.py` packed: base64 of zlib of a header and typed arrays.
const KINDS = { Uint8: Uint8Array, Uint16: Uint16Array, Uint32: Uint32Array, Float32: Float32Array, Float64: Float64Array };
const NULL_TEXT = "\u0000";

/** The bytes of a script element with base64 in it, decompressed. */
async function bytesOf(id) {
  const element = document.getElementById(id);
  const base64 = element.textContent;
  element.remove();
  const packed = Uint8Array.fromBase64
    ? Uint8Array.fromBase64(base64)
    : Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

/** Columns by name: typed arrays, and texts as lists in which null is null. */
export async function unpack(id) {
  const buffer = await bytesOf(id);
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const start = 4 + length;
  const array = (entry) => new KINDS[entry.type](buffer, start + entry.offset, entry.length);
  const columns = {};
  for (const [name, entry] of Object.entries(header)) {
    columns[name] = entry.type === "text" ? texts(buffer, start, entry, array(entry.ends)) : array(entry);
  }
  return columns;
}

function texts(buffer, start, entry, ends) {
  const decoder = new TextDecoder();
  const found = new Array(ends.length);
  let from = 0;
  for (let place = 0; place < ends.length; place += 1) {
    const text = decoder.decode(new Uint8Array(buffer, start + entry.offset + from, ends[place] - from));
    found[place] = text === NULL_TEXT ? null : text;
    from = ends[place];
  }
  return found;
}

export function factsOf() {
  return JSON.parse(document.getElementById("facts").textContent);
}
