/* 4 · The panel beside the picture: the node at the pointer, or the chosen one: what enters it, where it goes, examples. */
const LISTED = 8;

function bar(share, signed) {
  const width = Math.max(2, Math.min(100, 100 * Math.abs(share)));
  return make("i", { class: "graph-bar graph-bar-" + (!signed ? "plain" : share < 0 ? "down" : "up"), style: `width:${width.toFixed(1)}%`, "aria-hidden": "true" });
}

function neighbours(viewer, title, node, upstream) {
  const { graph, state, shown } = viewer;
  const found = [...reach(node, shown, upstream, state.wholePath)].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const signed = !state.wholePath;
  const items = found.slice(0, viewer.listAll ? found.length : LISTED).map(([other, share]) => {
    const button = make("button", { type: "button", class: "graph-go", "data-go": other.id },
      make("span", { class: "graph-go-label" }, other.label),
      make("span", { class: "graph-go-where" }, KIND_NAMES[other.kind] + " · " + whereIs(other, graph)),
      make("span", { class: "graph-go-share" }, percent(share, signed)), bar(share, signed));
    button.addEventListener("click", () => viewer.select(other, true));
    return make("li", {}, button);
  });
  const box = make("div", { class: "graph-list" }, make("p", { class: "graph-list-title" }, `${title} (${found.length})`));
  box.append(items.length ? make("ol", {}, ...items) : make("p", { class: "graph-none" }, upstream && node.kind === "token" ? "A word is where paths begin." : !upstream && node.kind === "logit" ? "An output is where paths end." : "None at these thresholds."));
  if (found.length > LISTED && !viewer.listAll) {
    const more = make("button", { type: "button", class: "graph-quiet" }, `All ${found.length}`);
    more.addEventListener("click", () => viewer.showAll());
    box.append(more);
  }
  return box;
}

function exampleLine([value, before, token, after]) {
  return make("li", {}, make("span", { class: "graph-strength" }, short(value)), " …", visibleBreaks(before), make("mark", {}, visibleBreaks(token) || "∅"), visibleBreaks(after), "…");
}

function visibleBreaks(text) {
  return String(text).replace(/\n/g, "↵");
}

function cardOf(viewer, node) {
  const card = node.card && viewer.cards[node.card];
  if (!card) return [];
  const parts = [];
  if (card.label && card.label !== node.label) parts.push(make("p", { class: "graph-fact" }, "Label made from examples: ", make("strong", {}, card.label), card.score === undefined ? "" : ` (score ${short(card.score)})`));
  if (card.frequency !== undefined) parts.push(make("p", { class: "graph-fact" }, `Active in ${percent(card.frequency)} of the tokens of a corpus.`));
  if (card.examples && card.examples.length) parts.push(make("p", { class: "graph-list-title" }, "Where it is active"), make("ul", { class: "graph-examples" }, ...card.examples.map(exampleLine)));
  for (const [key, words] of [["raised", "Raises"], ["lowered", "Lowers"]]) {
    if (card[key] && card[key].length) parts.push(make("p", { class: "graph-fact" }, words + ": " + card[key].map((token) => quoted(token)).join(" ")));
  }
  return parts;
}

function factsOf(node, graph) {
  const facts = [KIND_NAMES[node.kind] + (node.latent === null ? "" : " " + node.latent), whereIs(node, graph)];
  if (node.activation !== null) facts.push("active " + short(node.activation));
  if (node.probability !== null) facts.push("probability " + percent(node.probability));
  return facts.join(" · ");
}

function hint(viewer) {
  const { graph, shown } = viewer;
  const inside = [...shown.nodes].filter((node) => node.kind === "feature" || node.kind === "error").length;
  return [
    make("p", { class: "graph-title" }, "Choose a node"),
    make("p", { class: "graph-fact" }, `Point at a node to read it; click it (or press Enter) to follow what enters it and where it goes. ${inside} nodes between words and outputs are shown, of ${graph.nodes.filter((node) => node.kind === "feature" || node.kind === "error").length}.`),
    legend(graph),
  ];
}

/* A sign for each kind of node, and for the two kinds of edge. */
function legend(graph) {
  const icon = (kind) => draw("svg", { width: 16, height: 16, viewBox: "-9 -9 18 18", "aria-hidden": "true", class: "graph-node graph-" + kind }, shapeOf({ kind }));
  const stroke = (kind) => draw("svg", { width: 26, height: 10, "aria-hidden": "true" }, draw("path", { d: "M1,5L25,5", class: "graph-followed graph-" + kind, "stroke-width": 3 }));
  const kinds = [...new Set(graph.nodes.map((node) => node.kind))];
  const words = { token: "a word of the prompt", feature: "a feature", error: "what the replacement misses", logit: "an output" };
  const lines = ["token", "feature", "error", "logit"].filter((kind) => kinds.includes(kind)).map((kind) => make("li", {}, icon(kind), words[kind]));
  return make("ul", { class: "graph-legend" }, ...lines, make("li", {}, stroke("up"), "pushes up"), make("li", {}, stroke("down"), "pushes down"));
}

function fillPanel(viewer) {
  const { panel, state, graph } = viewer;
  const node = state.hovered || state.selected;
  viewer.figure.classList.toggle("graph-chosen", Boolean(node));
  if (!node) return panel.replaceChildren(...hint(viewer));
  const parts = [make("p", { class: "graph-title" }, node.label), make("p", { class: "graph-fact" }, factsOf(node, graph))];
  if (node === state.selected) parts.push(actions(viewer, node));
  const card = cardOf(viewer, node);
  const lists = [neighbours(viewer, "What enters it", node, true), neighbours(viewer, "Where it goes", node, false)];
  panel.replaceChildren(...parts, ...(node === state.selected ? [...lists, ...card] : [...card, ...lists]));
  panel.scrollTop = 0;
}

function actions(viewer, node) {
  const row = make("div", { class: "graph-actions" });
  const pinned = viewer.state.pins.has(node);
  const button = (text, act, name) => {
    const made = make("button", { type: "button", class: "graph-button", "data-act": name }, text);
    made.addEventListener("click", act);
    row.append(made);
  };
  button(pinned ? "Unpin" : "Pin", () => viewer.pin(node), "pin");
  if (viewer.history.length) button("Back", () => viewer.back(), "back");
  button("Let go", () => viewer.select(null), "clear");
  return row;
}
