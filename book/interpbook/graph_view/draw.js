/* 3 · The picture: nodes once for a layout, edges anew whenever what is shown or followed changes. */
const SVG = "http://www.w3.org/2000/svg";

/* make("p", {class: "x"}, "text", child, …): text always goes in as text. */
function make(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function draw(tag, attributes, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function percent(share, signed) {
  const size = Math.abs(100 * share);
  const text = Number(size >= 9.95 ? size.toFixed(0) : size >= 0.95 ? size.toFixed(1) : size.toPrecision(1));
  return (signed ? (share < 0 ? "−" : "+") : "") + text + " %";
}

function short(number) {
  return number === null ? "–" : String(Number(number.toPrecision(3))).replace("-", "−");
}

function whereIs(node, graph) {
  const layer = node.kind === "token" ? "before layer 0" : node.kind === "logit" ? "after the last layer" : "layer " + node.raw.layer;
  const at = "position " + node.position + " " + quoted(graph.tokens[node.position]);
  return layer + ", " + at;
}

function nameOf(node, graph) {
  const facts = [KIND_NAMES[node.kind] + " " + node.label, whereIs(node, graph)];
  if (node.activation !== null) facts.push("active " + short(node.activation));
  if (node.probability !== null) facts.push("probability " + percent(node.probability));
  return facts.join(", ");
}

/* Shape tells the kind again, so that colour need not. */
function shapeOf(node) {
  const size = 5;
  if (node.kind === "token") return draw("rect", { x: -size, y: -size, width: 2 * size, height: 2 * size, rx: 2, class: "graph-shape" });
  if (node.kind === "error") return draw("path", { d: `M0,${-size - 1}L${size + 1},0L0,${size + 1}L${-size - 1},0Z`, class: "graph-shape" });
  if (node.kind === "logit") return draw("path", { d: `M0,${-size - 2}L${size + 1.5},${size}L${-size - 1.5},${size}Z`, class: "graph-shape" });
  return draw("circle", { r: size, class: "graph-shape" });
}

function nodeMark(node, place, graph) {
  const mark = draw("g", {
    class: "graph-node graph-" + node.kind, transform: `translate(${place.x.toFixed(1)},${place.y.toFixed(1)})`,
    role: "button", tabindex: "-1", "aria-label": nameOf(node, graph), "data-node": node.id,
  }, draw("circle", { r: 8, class: "graph-touch" }), shapeOf(node));
  if (node.kind === "logit") {
    mark.append(draw("text", { y: -23, "text-anchor": "middle", class: "graph-out" }, clip(node.label.slice(1, -1), 9)));
    if (node.probability !== null) mark.append(draw("text", { y: -11, "text-anchor": "middle", class: "graph-chance" }, percent(node.probability)));
  }
  return mark;
}

function backdrop(graph, plan) {
  const parts = [];
  plan.rows.forEach((row, i) => {
    if (i % 2) parts.push(draw("rect", { x: 0, y: row.top, width: plan.width, height: row.height, class: "graph-band" }));
  });
  for (const column of plan.columns) {
    const x = column.x + column.width / 2;
    parts.push(draw("line", { x1: column.x, x2: column.x, y1: plan.rows.length ? plan.rows[plan.rows.length - 1].top : 0, y2: plan.floor, class: "graph-rule" }));
    const place = plan.slanted
      ? { transform: `translate(${x + 4},${plan.floor + 10}) rotate(-45)`, "text-anchor": "end" }
      : { x, y: plan.floor + 14, "text-anchor": "middle" };
    parts.push(draw("text", { class: "graph-word", ...place }, plan.words[column.position], draw("title", {}, graph.tokens[column.position])));
  }
  return draw("g", { "aria-hidden": "true" }, ...parts);
}

/* Names of the rows, which stay at the left edge when the picture scrolls. */
function rowNames(plan) {
  const named = plan.rows.map((row) => [row.name, row.top + row.height / 2 + 4]);
  if (plan.logits.length) named.push(["outputs", 42]);
  return draw("g", { "aria-hidden": "true", class: "graph-rows" }, ...named.map(([name, y]) => draw("text", { x: 4, y, class: "graph-row" }, name)));
}

/* From the top of one place to the bottom of another; straight up it bows aside, past the nodes between. */
function curve(from, to, straight) {
  const end = to.y + 6, start = from.y - 6;
  const upright = straight ? 0 : Math.max(0, 1 - Math.abs(to.x - from.x) / 30);
  const bow = start - end > 26 ? upright * Math.min(46, 8 + 0.12 * (start - end)) : 0;
  const bend = (start - end) * (0.5 - 0.25 * upright);
  const numbers = [from.x, start, from.x - bow, start - bend, to.x - bow, end + bend, to.x, end].map((number) => number.toFixed(1));
  return `M${numbers[0]},${numbers[1]}C${numbers.slice(2).join(" ")}`;
}

/* With nothing followed: all edges, grey, in three strengths of one path each, which stays fast for thousands. */
function allEdges(shown, places) {
  const parts = ["", "", ""];
  for (const edge of shown.edges) {
    const size = Math.abs(edge.share);
    parts[size >= 0.25 ? 2 : size >= 0.08 ? 1 : 0] += curve(places.get(edge.source), places.get(edge.target));
  }
  const many = shown.edges.size > 400 ? " graph-edge-many" : "";
  return parts.map((d, i) => (d ? draw("path", { d, class: "graph-edge graph-edge-" + i + many }) : null));
}

/* The edges that are followed from one node: solid where they push up, dashed where they push down. */
function followedEdges(traced, places) {
  const ordered = [...traced].sort((a, b) => a.strength - b.strength).slice(-400);
  return ordered.map(({ edge, strength }) => draw("path", {
    d: curve(places.get(edge.source), places.get(edge.target)),
    class: "graph-followed " + (edge.weight < 0 ? "graph-down" : "graph-up"),
    "stroke-width": (0.8 + 6 * Math.min(1, strength)).toFixed(2),
    opacity: Math.min(1, 0.35 + 2 * strength).toFixed(2),
  }));
}

/* The whole picture for a layout; `edges` is filled by refresh. */
function picture(graph, plan) {
  const edges = draw("g", { "aria-hidden": "true", class: "graph-edges" });
  const marks = new Map();
  const order = [...graph.nodes].sort((a, b) => a.row - b.row || a.position - b.position || plan.places.get(a).x - plan.places.get(b).x);
  for (const node of order) marks.set(node, nodeMark(node, plan.places.get(node), graph));
  const svg = draw("svg", {
    class: "graph-picture", width: plan.width.toFixed(0), height: plan.height.toFixed(0), viewBox: `0 0 ${plan.width.toFixed(0)} ${plan.height.toFixed(0)}`,
    role: "group", "aria-label": "Graph. Arrow keys move between nodes, Enter follows one, P pins it, I and O go to its strongest input and output, Escape lets go.",
  });
  const names = rowNames(plan);
  svg.append(backdrop(graph, plan), edges, names, draw("g", {}, ...marks.values()));
  return { svg, edges, marks, plan, names };
}

/* What the state says, in classes and edges of a picture that is there. */
function refresh(drawn, graph, state, shown) {
  const { marks, edges, plan } = drawn;
  const focus = state.hovered || state.selected;
  const traced = focus ? [...tracedEdges(focus, shown, true, state.wholePath), ...tracedEdges(focus, shown, false, state.wholePath)] : [];
  const near = new Set(traced.flatMap(({ edge }) => [edge.source, edge.target]));
  for (const [node, mark] of marks) {
    mark.toggleAttribute("hidden", !shown.nodes.has(node));
    mark.style.display = shown.nodes.has(node) ? "" : "none";
    mark.classList.toggle("graph-faint", Boolean(focus) && node !== focus && !near.has(node));
    mark.classList.toggle("graph-selected", node === state.selected);
    mark.classList.toggle("graph-hovered", node === state.hovered);
    mark.classList.toggle("graph-pinned", state.pins.has(node) || state.groups.some((group) => group.members.includes(node)));
    mark.setAttribute("aria-pressed", String(node === state.selected));
    mark.setAttribute("tabindex", node === state.stop ? "0" : "-1");
  }
  edges.replaceChildren(...(focus ? followedEdges(traced, plan.places) : allEdges(shown, plan.places).filter(Boolean)));
}
