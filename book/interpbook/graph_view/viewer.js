/* 6 · One viewer: its state, what a press or a key does to it, and the parts drawn again after each change. */
const EDGE_STEPS = [0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4];
const NARROW = 720;
let viewers = 0;

function makeViewer(figure, spec) {
  const viewer = {
    figure, cards: spec.cards || {}, id: "graph-" + ++viewers, history: [], listAll: false, width: 0,
    bar: make("div", { class: "graph-controls" }), scroll: make("div", { class: "graph-scroll" }),
    panel: make("div", { class: "graph-panel", tabindex: "0", role: "region", "aria-label": "The chosen node" }),
    below: make("div", { class: "graph-below" }), words: make("div", { class: "graph-foot" }),
    said: make("p", { class: "graph-hidden", role: "status", "aria-live": "polite" }),
    title: spec.title || "", alt: spec.alt || "",
  };
  Object.assign(viewer, acts(viewer));
  figure.replaceChildren(...heading(viewer), viewer.bar, make("div", { class: "graph-main" }, viewer.scroll, viewer.panel), viewer.below, viewer.words, viewer.said);
  viewer.open(spec.graph, spec);
  listen(viewer);
  keyboard(viewer);
  new ResizeObserver(() => viewer.fit()).observe(figure);
  return viewer;
}

function heading(viewer) {
  return viewer.title ? [make("p", { class: "graph-heading" }, viewer.title)] : [];
}

/* Everything that changes a viewer. */
function acts(viewer) {
  const redraw = () => {
    viewer.shown = filtered(viewer.graph, viewer.state);
    refresh(viewer.drawn, viewer.graph, viewer.state, viewer.shown);
    fillPanel(viewer);
    if (viewer.counted) viewer.counted();
  };
  const all = () => {
    redraw();
    fillBoxes(viewer);
  };
  return {
    open(content, spec) {
      viewer.graph = readGraph(content);
      const clicked = viewer.graph.byId.get((spec && spec.selected) || (content.qParams && content.qParams.clickedId) || "");
      viewer.state = {
        most: (spec && spec.nodes) ?? 1, least: (spec && spec.edges) ?? 0.02, wholePath: false, hovered: null, selected: clicked || null,
        pins: new Set(viewer.graph.pins), groups: viewer.graph.groups,
      };
      viewer.state.stop = clicked || viewer.graph.nodes.find((node) => node.kind === "logit") || viewer.graph.nodes[0];
      viewer.history = [];
      viewer.width = 0;
      fillBar(viewer);
      viewer.fit();
      fillBoxes(viewer);
      fillWords(viewer);
    },
    /* Lays out for the width that there is. */
    fit() {
      viewer.figure.classList.toggle("graph-narrow", viewer.figure.clientWidth < NARROW);
      const width = Math.max(280, viewer.scroll.clientWidth || 640);
      if (Math.abs(width - viewer.width) < 4) return;
      viewer.width = width;
      const focused = viewer.scroll.contains(document.activeElement) ? viewer.state.stop : null;
      viewer.drawn = picture(viewer.graph, layOut(viewer.graph, width));
      viewer.figure.style.setProperty("--g-tall", viewer.drawn.plan.height.toFixed(0) + "px");
      viewer.scroll.replaceChildren(viewer.drawn.svg);
      viewer.scroll.scrollLeft = viewer.drawn.plan.width; // where the picture is wider than its box: outputs first
      all();
      if (focused) viewer.drawn.marks.get(focused).focus();
    },
    hover(node) {
      if (viewer.state.hovered === node) return;
      viewer.state.hovered = node;
      redraw();
    },
    select(node, focus, back) {
      const { state } = viewer;
      if (state.selected && state.selected !== node && !back) viewer.history.push(state.selected);
      if (!node) viewer.history = [];
      Object.assign(state, { selected: node, hovered: null, stop: node || state.stop });
      viewer.listAll = false;
      redraw();
      viewer.say(node ? `${nameOf(node, viewer.graph)}. ${reach(node, viewer.shown, true, state.wholePath).size} in, ${reach(node, viewer.shown, false, state.wholePath).size} out.` : "No node chosen.");
      if (focus && node) viewer.drawn.marks.get(node).focus({ preventScroll: viewer.figure.classList.contains("graph-narrow") });
    },
    back() {
      viewer.select(viewer.history.pop() || null, true, true);
    },
    pin(node) {
      const { pins, groups } = viewer.state;
      if (!pins.delete(node)) pins.add(node);
      else for (const group of groups) group.members = group.members.filter((member) => member !== node);
      viewer.state.groups = groups.filter((group) => group.members.length);
      viewer.say((pins.has(node) ? "Pinned " : "Unpinned ") + node.label);
      all();
    },
    group(name, boxes) {
      if (!name || !boxes.length) return viewer.say(name ? "Tick what belongs to the group first." : "Give the group a name first.", true);
      const members = [...new Set(boxes.flatMap((box) => box.members))], gone = boxes.map((box) => box.group);
      for (const node of members) viewer.state.pins.add(node);
      viewer.state.groups = [...viewer.state.groups.filter((group) => !gone.includes(group)), { name, members }];
      viewer.say(`Grouped ${members.length} nodes as ${name}.`);
      return all();
    },
    ungroup(group) {
      for (const node of group.members) viewer.state.pins.add(node);
      viewer.state.groups = viewer.state.groups.filter((other) => other !== group);
      viewer.say(`Ungrouped ${group.name}.`);
      all();
    },
    showAll() {
      viewer.listAll = true;
      fillPanel(viewer);
    },
    change(changes) {
      Object.assign(viewer.state, changes);
      redraw();
    },
    say(text, aloud) {
      viewer.said.textContent = text;
      viewer.said.classList.toggle("graph-hidden", !aloud);
    },
  };
}

/* What pointer and focus do. On the box around the picture: an SVG with such listeners would be a tab stop itself. */
function listen(viewer) {
  const box = viewer.scroll;
  const at = (event) => {
    const mark = event.target.closest && event.target.closest(".graph-node");
    return (mark && viewer.graph.byId.get(mark.dataset.node)) || null;
  };
  box.addEventListener("pointerover", (event) => event.pointerType !== "touch" && viewer.hover(at(event)));
  box.addEventListener("pointerleave", () => viewer.hover(null));
  box.addEventListener("click", (event) => {
    const node = at(event);
    viewer.select(node && node !== viewer.state.selected ? node : null, Boolean(node));
  });
  box.addEventListener("focusin", (event) => {
    const node = at(event);
    if (!node || node === viewer.state.selected) return;
    viewer.state.stop = node;
    if (event.target.matches(":focus-visible")) viewer.hover(node);
  });
  box.addEventListener("scroll", () => viewer.drawn.names.setAttribute("transform", `translate(${box.scrollLeft},0)`));
  box.addEventListener("focusout", () => viewer.hover(null));
}

/* The nearest node in a direction: along the row, or in the next row that has one. */
function neighbourOf(viewer, node, key) {
  const { places } = viewer.drawn.plan, here = places.get(node);
  const others = [...viewer.shown.nodes].filter((other) => other !== node).map((other) => {
    const place = places.get(other);
    return { other, across: place.x - here.x, up: here.y - place.y };
  });
  const level = key === "ArrowLeft" || key === "ArrowRight";
  const sign = key === "ArrowRight" || key === "ArrowUp" ? 1 : -1;
  const ahead = others.filter(({ across, up }) => (level ? Math.abs(up) < 3 && sign * across > 0 : sign * up > 3));
  const cost = ({ across, up }) => (level ? Math.abs(across) : 3 * Math.abs(up) + Math.abs(across));
  return ahead.sort((a, b) => cost(a) - cost(b))[0]?.other;
}

function strongest(viewer, node, upstream) {
  const found = [...reach(node, viewer.shown, upstream, false)].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))[0];
  return found && found[0];
}

function keyboard(viewer) {
  viewer.scroll.addEventListener("keydown", (event) => {
    const mark = event.target.closest(".graph-node");
    if (!mark || event.ctrlKey || event.metaKey || event.altKey) return;
    const node = viewer.state.stop, key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key.startsWith("Arrow")) step(viewer, neighbourOf(viewer, node, key));
    else if (key === "Enter" || key === " ") viewer.select(node === viewer.state.selected ? null : node, true);
    else if (key === "i" || key === "o") follow(viewer, strongest(viewer, node, key === "i"));
    else if (key === "p") viewer.pin(node);
    else if (key === "Escape") viewer.select(null);
    else if (key === "Backspace") viewer.back();
    else return;
    event.preventDefault();
  });
}

function step(viewer, node) {
  if (!node) return;
  viewer.state.stop = node;
  viewer.drawn.marks.get(node).focus();
  viewer.hover(node);
}

function follow(viewer, node) {
  if (node) viewer.select(node, true);
  else viewer.say("Nothing further at these thresholds.", true);
}
