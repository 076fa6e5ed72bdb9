// Draws the points: WebGL where there is one, else pixel by pixel on a canvas.
import { rgb } from "./colour.js";

const VERTEX = `#version 300 es
in vec2 place; in float shade; in float shown;
uniform vec2 scale, shift; uniform float size; uniform sampler2D palette;
out vec4 colour;
void main() {
  float on = step(0.5, shown);
  gl_Position = vec4(place * scale + shift, 0.0, 1.0);
  if (place.x >= 1.0) gl_Position = vec4(9.0);
  gl_PointSize = size * mix(0.7, 1.0, on);
  vec3 full = texture(palette, vec2((shade + 0.5) / 256.0, 0.5)).rgb;
  colour = vec4(full, mix(0.07, 0.74, on));
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 colour; out vec4 pixel;
void main() {
  float away = length(gl_PointCoord - 0.5);
  if (away > 0.5) discard;
  pixel = vec4(colour.rgb * colour.a, colour.a);
}`;

/** Something with `shades`, `mask`, `palette` and `draw(view)`; `view` maps 0 … 1 to pixels. */
export function pointLayer(canvas, x, y) {
  const gl = hasGraphicsCard() ? canvas.getContext("webgl2", { antialias: false, preserveDrawingBuffer: true, premultipliedAlpha: true }) : null;
  return gl ? withWebgl(gl, canvas, x, y) : withPixels(canvas, x, y);
}

/** Without one WebGL is absent, or drawn by the processor, which is slower than pixels of our own. */
function hasGraphicsCard() {
  const gl = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (!gl) return false;
  const told = gl.getExtension("WEBGL_debug_renderer_info");
  const name = told ? gl.getParameter(told.UNMASKED_RENDERER_WEBGL) : "";
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return !/swiftshader|llvmpipe|software|basic render/i.test(name);
}

function withWebgl(gl, canvas, x, y) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  gl.useProgram(program);
  const places = new Uint16Array(2 * x.length);
  for (let row = 0; row < x.length; row += 1) { places[2 * row] = x[row]; places[2 * row + 1] = y[row]; }
  buffer(gl, program, "place", places, gl.UNSIGNED_SHORT, 2, true);
  const shades = buffer(gl, program, "shade", new Uint8Array(x.length), gl.UNSIGNED_BYTE, 1, false);
  const shown = buffer(gl, program, "shown", new Uint8Array(x.length).fill(1), gl.UNSIGNED_BYTE, 1, false);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
  const uniform = (name) => gl.getUniformLocation(program, name);
  const [scale, shift, size] = ["scale", "shift", "size"].map(uniform);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  return {
    name: "WebGL",
    palette(colours) {
      const texels = new Uint8Array(256 * 4);
      colours.forEach((each, place) => texels.set([...rgb(each), 255], place * 4));
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, texels);
    },
    shades: (values) => refill(gl, shades, values),
    mask: (values) => refill(gl, shown, values),
    draw({ left, top, wide, high, dot }) {
      const { width, height } = canvas;
      gl.viewport(0, 0, width, height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(scale, (2 * wide) / width, (-2 * high) / height);
      gl.uniform2f(shift, (2 * left) / width - 1, 1 - (2 * top) / height);
      gl.uniform1f(size, dot);
      gl.drawArrays(gl.POINTS, 0, x.length);
    },
  };
}

function buffer(gl, program, name, values, type, count, normalised) {
  const made = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, made);
  gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
  const place = gl.getAttribLocation(program, name);
  gl.enableVertexAttribArray(place);
  gl.vertexAttribPointer(place, count, type, normalised, 0, 0);
  return made;
}

function refill(gl, made, values) {
  gl.bindBuffer(gl.ARRAY_BUFFER, made);
  gl.bufferSubData(gl.ARRAY_BUFFER, 0, values);
}

/** Without transparency, but at 200,000 points still quick: one pass over the pixels' words. */
function withPixels(canvas, x, y) {
  const context = canvas.getContext("2d");
  let colours = new Uint32Array(256);
  let shade = new Uint8Array(x.length);
  let shown = new Uint8Array(x.length).fill(1);
  const word = (hex, alpha) => { const [red, green, blue] = rgb(hex); return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0; };
  return {
    name: "canvas",
    palette(list) { list.forEach((each, place) => { colours[place] = word(each, 200); colours[128 + place] = word(each, 24); }); },
    shades(values) { shade = values; },
    mask(values) { shown = values; },
    draw({ left, top, wide, high, dot }) {
      const { width, height } = canvas;
      const image = context.createImageData(width, height);
      const pixels = new Uint32Array(image.data.buffer);
      const half = Math.max(1, Math.round(dot / 2));
      for (const wanted of [0, 1]) {
        for (let row = 0; row < x.length; row += 1) {
          if (shown[row] !== wanted || x[row] === 65535) continue;
          const across = Math.round(left + (x[row] / 65535) * wide);
          const down = Math.round(top + (y[row] / 65535) * high);
          if (across < half || down < half || across >= width - half || down >= height - half) continue;
          const colour = colours[shade[row] + (wanted ? 0 : 128)];
          for (let line = -half; line < half; line += 1) {
            const inset = half > 1 && (line === -half || line === half - 1) ? half >> 1 : 0;
            const start = (down + line) * width + across - half;
            for (let pixel = start + inset; pixel < start + 2 * half - inset; pixel += 1) pixels[pixel] = colour;
          }
        }
      }
      context.putImageData(image, 0, 0);
    },
  };
}
