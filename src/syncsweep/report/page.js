// Sortable tables, and S_d or S of one realisation drawn from its Fourier coefficients.
import { ITable } from "datatables";

for (const table of document.querySelectorAll("table.sortable")) {
  new ITable(table, { paging: false, info: false, searching: false, order: [], autoWidth: false });
}

// --- S_d and χ -------------------------------------------------------------------------------

// S_d less its uniform value at angles φ'_j = φ_j − φ_N [rad], or S at angles φ_j:
// 2 Σ_k [Re s_k cos(k·φ') − Im s_k sin(k·φ')], with s_d = (s_0, Re s_1 …, Im s_1 …).
function deviation(s_d, frequencies, angles) {
  const n = frequencies.length;
  let sum = 0;
  for (let k = 0; k < n; k++) {
    let phase = 0;
    for (let j = 0; j < angles.length; j++) phase += frequencies[k][j] * angles[j];
    sum += s_d[1 + k] * Math.cos(phase) - s_d[1 + n + k] * Math.sin(phase);
  }
  return 2 * sum;
}

// χ_N of the configuration (φ'_1, …, φ'_{N−1}, 0) (Eqs. 9, D6): with w the angles less their mean on
// each of the N cuts of the sorted circle,
// {min over cuts of max_k N (sum of the k largest w)/[π k (N − k)]}^{N−1}.
function chi(angles) {
  const turn = 2 * Math.PI;
  const sorted = [...angles, 0].map((a) => ((a % turn) + turn) % turn).sort((a, b) => a - b);
  const n = sorted.length;
  let smallest = Infinity;
  for (let cut = 0; cut < n; cut++) {
    const unrolled = [...sorted.slice(cut), ...sorted.slice(0, cut).map((a) => a + turn)];
    const mean = unrolled.reduce((a, b) => a + b) / n;
    let largest = 0;
    let spread = 0;
    for (let k = 1; k < n; k++) {
      largest += unrolled[n - k] - mean;
      spread = Math.max(spread, (n * largest) / (Math.PI * k * (n - k)));
    }
    smallest = Math.min(smallest, spread);
  }
  return Math.min(smallest, 1) ** (n - 1);
}

// --- What is shown ---------------------------------------------------------------------------

const STEPS = 72; // of an angle round the circle
const AXIS = Array.from({ length: STEPS + 1 }, (_, i) => -Math.PI / 2 + (2 * Math.PI * i) / STEPS);
const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";
const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

const studies = JSON.parse(document.getElementById("data").textContent);
const element = Object.fromEntries(
  ["study", "sample", "axes", "eta", "eta-text", "angles", "next-maximum", "plot", "about", "marker", "pointer"].map(
    (id) => [id, document.getElementById(id)],
  ),
);
const plot = element.plot;
let study;
let row; // of the chosen sample and η; null if it failed
let marker; // angles [rad]
let sliders; // one for each angle
let axes; // sliders, one for each axis of the study
let maximum; // index of the one that the marker was last moved to

const isRelative = () => study.measure === "relative"; // S_d of angle differences, not S of angles
const nAngles = () => study.sites - (isRelative() ? 1 : 0);
const angleName = (j) => `φ${SUBSCRIPTS[j + 1]}${isRelative() ? ` − φ${SUBSCRIPTS[study.sites]}` : ""}`;
const inPi = (angle) => `${(angle / Math.PI).toFixed(3).replace("-", "−")} π`;

function scientific(value) {
  if (value === 0) return "0";
  const [digits, power] = value.toExponential(4).split("e");
  const raised = [...String(Number(power))].map((c) => SUPERSCRIPTS[c]).join("");
  return `${digits.replace("-", "−")}·10${raised}`;
}

// Text with S_d and S_max as S with an index below the line; nothing if it is there already.
function say(target, text) {
  if (target.dataset.said === text) return;
  target.dataset.said = text;
  const parts = text.split(/S_(d|max)/);
  target.replaceChildren(
    ...parts.flatMap((part, i) => {
      if (i % 2 === 0) return [part];
      const index = document.createElement("sub");
      index.textContent = part;
      return ["S", index];
    }),
  );
}

function describe(angles) {
  const where = angles.map((angle, j) => `${angleName(j)} = ${inPi(angle)}`).join(", ");
  if (!row) return where;
  const height = scientific(deviation(row.s_d, study.frequencies, angles));
  const value = `${where}: ${study.excess} = ${height} ${study.unit}`;
  return isRelative() ? `${value}, χ = ${chi(angles).toFixed(4)}` : value;
}

// Angles into the window [−π/2, 3π/2) of the plot.
function intoWindow(angles) {
  const turn = 2 * Math.PI;
  return angles.map((a) => ((((a + Math.PI / 2) % turn) + turn) % turn) - Math.PI / 2);
}

// --- Controls --------------------------------------------------------------------------------

function fill(select, names) {
  select.replaceChildren(...names.map((name, index) => new Option(name, String(index))));
}

function chooseStudy() {
  study = studies[Number(element.study.value)];
  fill(element.sample, study.samples.map((sample) => sample.name));
  element.eta.max = String(study.etas.length - 1);
  element.eta.value = "0";
  axes = study.axes.map(addAxis);
  element.axes.replaceChildren(...axes.map((slider) => slider.parentElement));
  marker = Array(nAngles()).fill(0);
  sliders = marker.map((_, j) => addSlider(j));
  element.angles.replaceChildren(...sliders.map((slider) => slider.parentElement));
  chooseRow();
}

function addAxis(axis) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), {
    type: "range", min: "0", max: String(axis.values.length - 1), value: "0",
  });
  input.addEventListener("input", chooseRow);
  label.append(`${axis.name}: `, document.createElement("output"), input);
  return input;
}

// Number of the chosen point among all of the study, of which the last axis moves first.
function chosenPoint() {
  return axes.reduce((point, slider, k) => point * study.axes[k].values.length + Number(slider.value), 0);
}

function addSlider(j) {
  const label = document.createElement("label");
  const slice = j < 2 ? "" : " (slice)";
  const input = Object.assign(document.createElement("input"), { type: "range", min: "0", max: String(STEPS) });
  input.addEventListener("input", () => {
    const angles = [...marker];
    angles[j] = AXIS[Number(input.value)];
    moveMarker(angles);
  });
  label.append(`${angleName(j)}${slice} `, document.createElement("output"), input);
  return input;
}

function chooseRow() {
  const eta = study.etas[Number(element.eta.value)];
  element["eta-text"].textContent = eta.text;
  element.eta.setAttribute("aria-valuetext", eta.spoken);
  axes.forEach((slider, k) => {
    const text = study.axes[k].values[Number(slider.value)];
    slider.previousElementSibling.textContent = text;
    slider.setAttribute("aria-valuetext", text);
  });
  const index = chosenPoint() * study.etas.length + Number(element.eta.value);
  row = study.samples[Number(element.sample.value)].rows[index];
  maximum = -1;
  element["next-maximum"].disabled = !row || !row.maxima.length;
  moveMarker(marker);
}

function moveMarker(angles) {
  marker = angles;
  sliders.forEach((slider, j) => {
    slider.value = String(Math.round(((marker[j] - AXIS[0]) / (2 * Math.PI)) * STEPS));
    slider.previousElementSibling.textContent = inPi(marker[j]);
    slider.setAttribute("aria-valuetext", `${angleName(j)} = ${inPi(marker[j])}`);
  });
  say(element.marker, describe(marker));
  schedule();
}

// --- Plot ------------------------------------------------------------------------------------

// Maxima that the plot shows: of more than two angles those near the slice.
function shownMaxima() {
  if (!row) return [];
  const near = Math.PI / 12;
  const isNear = (angle, j) => j < 2 || Math.abs(Math.sin((angle - marker[j]) / 2)) < Math.sin(near / 2);
  return row.maxima.map(intoWindow).filter((angles) => angles.every(isNear));
}

function about() {
  const what = isRelative() ? "S_d" : "S";
  if (!row) return `This row failed: it has no ${what}.`;
  if (!row.maxima.length) return `S_max is below the numerical error here: ${what} is uniform.`;
  const { count, maxima } = row;
  const text = `${count} ${count === 1 ? "maximum" : "maxima"} of at least ${study.threshold}·S_max`;
  const left = count === maxima.length ? "" : `; this page has ${maxima.length} of them and leaves ${count - maxima.length} out`;
  return nAngles() < 3 ? `${text}${left}.` : `${text}${left}; ${shownMaxima().length} near this slice.`;
}

const ANGLE_TICKS = {
  tickvals: [-0.5, 0, 0.5, 1, 1.5].map((x) => x * Math.PI),
  ticktext: ["−π/2", "0", "π/2", "π", "3π/2"],
  range: [AXIS[0], AXIS[STEPS]],
  zeroline: false,
  fixedrange: true,
};

function points(symbol, angles, fill, edge) {
  return {
    type: "scatter", mode: "markers", hoverinfo: "skip", cliponaxis: false,
    x: angles.map((a) => a[0]),
    y: angles.map((a) => (nAngles() === 1 ? deviation(row.s_d, study.frequencies, a) : a[1])),
    marker: { symbol, size: 11, color: fill, line: { color: edge, width: 1.5 } },
  };
}

// The last result of a function, as long as it is asked for the same again.
function remember(compute) {
  let asked = [];
  let result;
  return (...wanted) => {
    if (!result || wanted.some((value, i) => value !== asked[i])) result = compute(...wanted);
    asked = wanted;
    return result;
  };
}

// Values for a hover text, and its line about them; there is no χ without differences.
const hover = (place, values) => (isRelative()
  ? { customdata: values(), hovertemplate: `${place}<br>χ = %{customdata:.4f}<extra></extra>` }
  : { hovertemplate: `${place}<extra></extra>` });

// The first two angles are those of the map; `others` are the rest of them, with blanks between.
const anglesOfMap = remember((others) => {
  const slice = others.split(" ").filter(Boolean).map(Number);
  return AXIS.map((y) => AXIS.map((x) => [x, y, ...slice]));
});
const chiOfMap = remember((at) => at.map((line) => line.map(chi)));

const curve = remember((of) => {
  const at = AXIS.map((x) => [x]);
  return {
    type: "scatter", mode: "lines", line: { color: "#0072B2" }, x: AXIS,
    y: at.map((angles) => deviation(of.s_d, study.frequencies, angles)),
    ...hover("%{x:.3f} rad<br>%{y:.4e}", () => at.map(chi)),
  };
});

const heatMap = remember((of, at) => ({
  type: "heatmap", colorscale: "Cividis", zsmooth: "best", x: AXIS, y: AXIS,
  z: at.map((line) => line.map((angles) => deviation(of.s_d, study.frequencies, angles))),
  colorbar: { exponentformat: "power", thickness: 14, outlinewidth: 0, tickfont: { size: 11 } },
  ...hover("%{x:.3f}, %{y:.3f} rad<br>%{z:.4e}", () => chiOfMap(at)),
}));

const distribution = () =>
  nAngles() === 1 ? curve(row) : heatMap(row, anglesOfMap(marker.slice(2).join(" ")));

// Several events between two frames are drawn once.
let waiting = 0;
function schedule() {
  waiting ||= requestAnimationFrame(() => {
    waiting = 0;
    draw();
  });
}

function draw() {
  const text = about();
  say(element.about, text);
  const quantity = `${study.excess} [${study.unit}]`;
  const what = nAngles() === 1 ? "Line" : "Heat map";
  plot.setAttribute("aria-label", `${what} of ${quantity} over the angles. ${text} The values at the marker are below.`);
  const traces = row
    ? [
        distribution(),
        points("circle", shownMaxima(), "white", "black"),
        points("cross", [marker], "#D55E00", "white"),
      ]
    : [];
  const layout = {
    title: { text: quantity.replace("S_d", "S<sub>d</sub>"), font: { size: 14 }, x: 0, xref: "paper", xanchor: "left", y: 0.98 },
    margin: { l: 60, r: 24, t: 40, b: 52 },
    font: { color: "#1b1f24" },
    dragmode: false,
    xaxis: { ...ANGLE_TICKS, title: { text: angleName(0), standoff: 6 } },
    yaxis: nAngles() === 1
      ? { exponentformat: "power", fixedrange: true, zerolinecolor: "#57606a" }
      : { ...ANGLE_TICKS, title: { text: angleName(1), standoff: 2 } },
    showlegend: false,
  };
  Plotly.react(plot, traces, layout, { displayModeBar: false, responsive: true });
}

function pointed(event) {
  const { x, y } = event.points[0];
  return nAngles() === 1 ? [x] : [x, y, ...marker.slice(2)];
}

fill(element.study, studies.map((each) => each.name));
chooseStudy();
draw();
element.study.addEventListener("change", chooseStudy);
element.sample.addEventListener("change", chooseRow);
element.eta.addEventListener("input", chooseRow);
element["next-maximum"].addEventListener("click", () => {
  maximum = (maximum + 1) % row.maxima.length;
  moveMarker(intoWindow(row.maxima[maximum]));
});
document.getElementById("explorer").addEventListener("submit", (event) => event.preventDefault());
// Plotly tells a pointer's place late, and again when a plot is redrawn, also to one that has left.
let inside = false;
function follow(event) {
  inside = event.type === "mousemove" && event.target.closest("#plot .nsewdrag") !== null;
  if (!inside) say(element.pointer, "not over the plot");
}
document.addEventListener("mousemove", follow, true);
document.documentElement.addEventListener("mouseleave", follow);
plot.on("plotly_hover", (event) => {
  if (inside) say(element.pointer, describe(pointed(event)));
});
plot.on("plotly_click", (event) => moveMarker(pointed(event)));
