/* 7 · The controls over the picture, words and files under it, and the viewers of a page. */
const MOST_ROWS = 200;

function slider(viewer, name, label, places, start, said, change) {
  const id = viewer.id + "-" + name;
  const input = make("input", { type: "range", id, min: 0, max: places.length - 1, step: 1, value: start });
  const output = make("output", { for: id });
  const show = () => {
    output.textContent = said(places[Number(input.value)]);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    change(places[Number(input.value)]);
    show();
  });
  show();
  return make("div", { class: "graph-slider" }, make("label", { for: id }, label), input, output);
}

const nearest = (places, value) => places.reduce((best, place, i) => (Math.abs(place - value) < Math.abs(places[best] - value) ? i : best), 0);

/* The node slider goes through the influences that occur, so that every step changes something. */
function nodeSteps(graph) {
  const inner = graph.nodes.filter((node) => node.influence !== null && (node.kind === "feature" || node.kind === "error"));
  const seen = [...new Set(inner.map((node) => node.influence))].sort((a, b) => a - b);
  if (seen.length < 2) return [];
  const count = Math.min(20, seen.length);
  return Array.from({ length: count }, (_, i) => seen[Math.round((i * (seen.length - 1)) / (count - 1))]);
}

function fillBar(viewer) {
  const { graph, state, bar } = viewer;
  const steps = nodeSteps(graph), parts = [];
  if (steps.length) {
    if (state.most < steps[0]) state.most = steps[0];
    const said = (most) => "those that carry " + percent(most) + " of the influence";
    parts.push(slider(viewer, "nodes", "Nodes", steps, nearest(steps, state.most), said, (most) => viewer.change({ most })));
  }
  const words = (least) => (least ? "at least " + percent(least) + " of a node's input" : "all");
  parts.push(slider(viewer, "edges", "Edges", EDGE_STEPS, nearest(EDGE_STEPS, state.least), words, (least) => viewer.change({ least })));
  const id = viewer.id + "-path", tick = make("input", { type: "checkbox", id });
  tick.addEventListener("change", () => viewer.change({ wholePath: tick.checked }));
  const counted = make("p", { class: "graph-count", role: "status" });
  viewer.counted = () => {
    counted.textContent = `${viewer.shown.nodes.size} of ${graph.nodes.length} nodes, ${viewer.shown.edges.size} of ${graph.edges.length} edges`;
  };
  bar.replaceChildren(...parts, make("div", { class: "graph-tick" }, tick, make("label", { for: id }, "Follow whole paths")), counted);
}

function table(caption, head, rows) {
  const line = (cells, tag) => make("tr", {}, ...cells.map((cell) => make(tag, tag === "th" ? { scope: "col" } : {}, cell)));
  const title = caption + (rows.length > MOST_ROWS ? ` (the first ${MOST_ROWS} of ${rows.length})` : "");
  return make("table", {}, make("caption", {}, title), make("thead", {}, line(head, "th")), make("tbody", {}, ...rows.slice(0, MOST_ROWS).map((row) => line(row, "td"))));
}

function tables(graph) {
  const edges = [...graph.edges].sort((a, b) => Math.abs(b.share) - Math.abs(a.share));
  const nodes = [...graph.nodes].sort((a, b) => (a.influence ?? 2) - (b.influence ?? 2) || b.row - a.row);
  return [
    table("Nodes, most influential first", ["node", "kind", "where", "active", "id"], nodes.map((node) => [node.label, KIND_NAMES[node.kind], whereIs(node, graph), short(node.activation), node.id])),
    table("Edges, largest share of the target's input first", ["from", "to", "share", "weight"], edges.map((edge) => [
      `${edge.source.label} (${edge.source.id})`, `${edge.target.label} (${edge.target.id})`, percent(edge.share, true), short(edge.weight)])),
  ];
}

function download(viewer, button) {
  const text = JSON.stringify(writeGraph(viewer.graph, viewer.state));
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: (viewer.graph.meta.slug || "graph") + ".json" });
  button.after(link);
  link.click();
  link.remove();
}

function upload(viewer, input) {
  const file = input.files[0];
  input.value = "";
  if (!file) return;
  file.text().then((text) => {
    viewer.cards = {};
    viewer.open(JSON.parse(text));
    viewer.say("Opened " + file.name + ".", true);
  }).catch((problem) => viewer.say(`${file.name} was not opened: ${problem.message}`, true));
}

/* In words and numbers, and as a file that other viewers open. */
function fillWords(viewer) {
  const details = make("details", { class: "graph-words" }, make("summary", {}, "This graph in words and numbers, and as a file"));
  if (viewer.alt) details.append(make("p", {}, viewer.alt));
  const save = make("button", { type: "button", class: "graph-button" }, "Save with pins and groups");
  const file = make("input", { type: "file", id: viewer.id + "-file", accept: ".json,application/json", class: "graph-hidden" });
  const open = make("label", { for: viewer.id + "-file", class: "graph-button graph-file" }, "Open another graph file");
  const numbers = make("div", { class: "graph-numbers", tabindex: "0", role: "region", "aria-label": "The graph's numbers" });
  save.addEventListener("click", () => download(viewer, save));
  file.addEventListener("change", () => upload(viewer, file));
  details.append(make("div", { class: "graph-actions" }, save, file, open), make("p", { class: "graph-fact" }, "The file is the JSON of circuit-tracer and Neuronpedia; a file of theirs opens here too. Nothing leaves this page."), numbers);
  details.addEventListener("toggle", () => numbers.childElementCount || numbers.append(...tables(viewer.graph)));
  viewer.words.replaceChildren(details);
}

async function mount(figure) {
  const spec = JSON.parse(await inflate(figure.querySelector(".graph-spec").textContent));
  makeViewer(figure, spec);
  figure.dataset.ready = "1";
}

/* Figures that are not drawn yet; on a long page each when it comes near the screen. */
function mountAll() {
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      mount(target).catch((problem) => {
        target.dataset.failed = "1";
        target.append(make("p", { class: "graph-none" }, "The graph could not be drawn: " + problem.message));
      });
    }
  }, { rootMargin: "600px 0px" });
  document.querySelectorAll("figure.graph-view:not([data-seen])").forEach((figure) => {
    figure.dataset.seen = "1";
    watcher.observe(figure);
  });
}

window.interpbookGraphs = { mountAll, version: GRAPH_VERSION };
window.addEventListener("beforeprint", () => document.querySelectorAll("figure.graph-view[data-seen]:not([data-ready])").forEach((figure) => mount(figure)));
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mountAll);
else mountAll();
