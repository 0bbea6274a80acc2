/* 5 · Pinned nodes and groups, as a small graph of boxes with the list that makes groups of them. */

/* A box for each group, and one for each pinned node that is in none. */
function boxesOf(state) {
  const grouped = new Set(state.groups.flatMap((group) => group.members));
  const single = [...state.pins].filter((node) => !grouped.has(node)).map((node) => ({ name: shortName(node), members: [node], node }));
  return [...state.groups.map((group) => ({ name: group.name, members: group.members, group })), ...single].map((box) => {
    const mean = (of) => box.members.reduce((sum, node) => sum + of(node), 0) / box.members.length;
    return { ...box, height: mean((node) => node.row), across: mean((node) => node.position) };
  });
}

function shortName(node) {
  return node.kind === "logit" ? "output " + node.label : node.label;
}

function boxPicture(viewer, boxes, edges, width) {
  const plan = layOutBoxes(boxes, edges, width);
  const arrows = edges.filter((edge) => plan.places.get(edge.source).y !== plan.places.get(edge.target).y).map((edge) => {
    const from = plan.places.get(edge.source), to = plan.places.get(edge.target);
    const a = { x: from.x + from.width / 2, y: from.y + 6 }, b = { x: to.x + to.width / 2, y: to.y + to.height - 6 };
    return draw("path", { d: curve(a, b, true), class: "graph-followed " + (edge.share < 0 ? "graph-down" : "graph-up"), "stroke-width": (1 + 8 * Math.min(1, Math.abs(edge.share))).toFixed(2), opacity: Math.min(1, 0.4 + 2 * Math.abs(edge.share)).toFixed(2) });
  });
  const drawn = boxes.map((box) => {
    const place = plan.places.get(box);
    return draw("g", { transform: `translate(${place.x.toFixed(1)},${place.y})`, class: "graph-box" + (box.group ? " graph-box-group" : "") },
      draw("rect", { width: place.width.toFixed(1), height: place.height, rx: 6 }),
      draw("text", { x: place.width / 2, y: 22, "text-anchor": "middle" }, clip(box.name, 24)));
  });
  return draw("svg", { class: "graph-boxes", width, height: plan.height, viewBox: `0 0 ${width} ${plan.height}`, role: "img", "aria-label": boxWords(edges) }, draw("g", {}, ...arrows), ...drawn);
}

function boxWords(edges) {
  return edges.length ? edges.map((edge) => `${edge.source.name} to ${edge.target.name} ${percent(edge.share, true)}`).join("; ") + "." : "No edges between what is pinned.";
}

function boxRow(viewer, box, number) {
  const id = `${viewer.id}-box-${number}`;
  const tick = make("input", { type: "checkbox", id, "data-box": number });
  const away = make("button", { type: "button", class: "graph-quiet" }, box.group ? "Ungroup" : "Unpin", make("span", { class: "graph-hidden" }, " " + box.name));
  away.addEventListener("click", () => (box.group ? viewer.ungroup(box.group) : viewer.pin(box.node)));
  const what = box.group ? `${box.members.length} nodes` : factsOf(box.node, viewer.graph);
  return { box, tick, row: make("li", {}, tick, make("label", { for: id }, make("strong", {}, box.name), " " + what), away) };
}

/* The part under the picture, filled anew after every change of pins and groups. */
function fillBoxes(viewer) {
  const { state, below } = viewer;
  const boxes = boxesOf(state);
  if (!boxes.length) {
    const words = "Pin nodes (P, or the button of a chosen node) to build a small graph of your own here, and give several of them one name.";
    return below.replaceChildren(make("p", { class: "graph-fact" }, words));
  }
  const edges = boxEdges(boxes);
  const rows = boxes.map((box, i) => boxRow(viewer, box, i));
  const name = make("input", { type: "text", id: viewer.id + "-name", class: "graph-name", autocomplete: "off", maxlength: 40 });
  const form = make("form", { class: "graph-group" }, make("label", { for: viewer.id + "-name" }, "Name for the ticked ones"), name, make("button", { type: "submit", class: "graph-button" }, "Group"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = rows.filter(({ tick }) => tick.checked).map(({ box }) => box);
    viewer.group(name.value.trim(), chosen);
  });
  const lines = edges.slice(0, 24).map((edge) => make("li", {}, `${edge.source.name} → ${edge.target.name}: ${percent(edge.share, true)}`));
  const width = Math.max(280, Math.floor(below.clientWidth || viewer.width));
  below.replaceChildren(
    make("p", { class: "graph-list-title" }, `Pinned (${boxes.length})`),
    make("div", { class: "graph-box-scroll" }, boxPicture(viewer, boxes, edges, width)),
    make("p", { class: "graph-fact" }, "An arrow's width is a share: of all that enters the upper box's nodes in this file, the part that the lower box's nodes send directly."),
    make("details", { class: "graph-words" }, make("summary", {}, `The ${edges.length} arrows in words`), make("ul", {}, ...lines)),
    make("ul", { class: "graph-pins" }, ...rows.map(({ row }) => row)), form);
}
