/* 1 · A graph file, read: nodes and edges with what the picture needs, and written again.
 *
 * The file is circuit-tracer's and Neuronpedia's: metadata, qParams, nodes, links. Links may also be three columns,
 * source, target (places in the list of nodes) and weight, which is how a notebook stores them.
 */
const KINDS = { "embedding": "token", "logit": "logit", "mlp reconstruction error": "error", "lorsa error": "error" };
const KIND_NAMES = { token: "word", feature: "feature", error: "error", logit: "output" };
const TOP_ROW = 1e6;

/* Text from bytes that were gzipped and written as base64. */
async function inflate(packed) {
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

/* Spaces and line ends that a reader has to see. */
function visibleText(text) {
  return String(text).replace(/\n/g, "↵").replace(/\t/g, "⇥").replace(/^ +| +$/g, (spaces) => "·".repeat(spaces.length)) || "∅";
}

function quoted(text) {
  return "“" + visibleText(text).replace(/^·/, "") + "”";
}

function latentOf(raw, kind) {
  const parts = String(raw.node_id).split("_");
  return kind === "feature" && parts.length === 3 && /^\d+$/.test(parts[1]) ? Number(parts[1]) : null;
}

function labelOf(raw, kind, tokens, latent) {
  if (kind === "token") return quoted(tokens[raw.ctx_idx] ?? raw.clerp ?? "");
  const words = String(raw.clerp || raw.ppClerp || "").trim();
  if (kind === "logit") return quoted(words.replace(/^Output "(.*)" \(p=.*\)$/s, "$1") || raw.feature);
  if (words) return words;
  return { feature: "#" + (latent ?? raw.feature), error: "what the transcoder misses" }[kind];
}

function readNode(raw, number, tokens) {
  const kind = KINDS[raw.feature_type] || "feature";
  const latent = latentOf(raw, kind);
  const layer = Number(raw.layer);
  const row = kind === "token" ? -1 : kind === "logit" ? TOP_ROW : Number.isFinite(layer) ? layer : -1;
  return {
    raw, kind, latent, number, row,
    id: String(raw.node_id),
    position: Number(raw.ctx_idx) || 0,
    label: labelOf(raw, kind, tokens, latent),
    activation: raw.activation ?? null,
    influence: raw.influence ?? null,
    probability: kind === "logit" ? raw.token_prob ?? null : null,
    card: kind === "feature" && latent !== null ? raw.layer + "_" + latent : "",
    inputs: [],
    outputs: [],
  };
}

/* Links as [source, target, weight] with nodes in place of names; those whose node is not there are left out. */
function readLinks(links, nodes, byId) {
  if (Array.isArray(links)) return links.map((link) => [byId.get(String(link.source)), byId.get(String(link.target)), Number(link.weight)]);
  return links.weight.map((weight, i) => [nodes[links.source[i]], nodes[links.target[i]], weight]);
}

/* The graph in a file's content, or an Error that says what is missing. */
function readGraph(content) {
  for (const key of ["metadata", "nodes", "links"]) {
    if (!content || content[key] === undefined) throw new Error("This is not a graph file: it has no “" + key + "”. Expected one written by this book, circuit-tracer or Neuronpedia.");
  }
  const meta = content.metadata, params = content.qParams || {};
  const tokens = (meta.prompt_tokens || []).map(String);
  const byId = new Map(), nodes = [];
  for (const raw of content.nodes) {
    if (byId.has(String(raw.node_id))) continue;
    const node = readNode(raw, nodes.length, tokens);
    byId.set(node.id, node);
    nodes.push(node);
  }
  const edges = [];
  for (const [source, target, weight] of readLinks(content.links, nodes, byId)) {
    if (!source || !target || !Number.isFinite(weight) || weight === 0) continue;
    const edge = { source, target, weight, share: 0 };
    source.outputs.push(edge);
    target.inputs.push(edge);
    edges.push(edge);
  }
  for (const node of nodes) {
    node.entering = node.inputs.reduce((sum, edge) => sum + Math.abs(edge.weight), 0);
    for (const edge of node.inputs) edge.share = edge.weight / node.entering;
    node.inputs.sort((a, b) => Math.abs(b.share) - Math.abs(a.share));
    node.outputs.sort((a, b) => Math.abs(b.share) - Math.abs(a.share));
  }
  const graph = { content, meta, tokens, nodes, edges, byId, ...readPins(params, byId) };
  weigh(graph);
  while (tokens.length <= Math.max(0, ...nodes.map((node) => node.position))) tokens.push("");
  return graph;
}

function readPins(params, byId) {
  const known = (ids) => ids.map((id) => byId.get(String(id))).filter(Boolean);
  const groups = (params.supernodes || []).map(([name, ...ids]) => ({ name: String(name), members: known(ids) }));
  return { pins: known(params.pinnedIds || []), groups: groups.filter((group) => group.members.length > 0) };
}

/* The same file with what was pinned and grouped here, every field written out as circuit-tracer does. */
function writeGraph(graph, state) {
  const byDefault = { token_prob: 0, is_target_logit: false, run_idx: 0, reverse_ctx_idx: 0, clerp: "", influence: null, activation: null };
  const params = {
    linkType: "both", clickedId: state.selected ? state.selected.id : "", sg_pos: "", ...graph.content.qParams,
    pinnedIds: [...state.pins].map((node) => node.id),
    supernodes: state.groups.map((group) => [group.name, ...group.members.map((node) => node.id)]),
  };
  return {
    metadata: graph.meta,
    qParams: params,
    nodes: graph.nodes.map((node) => ({ ...byDefault, jsNodeId: node.id, ...node.raw })),
    links: graph.edges.map((edge) => ({ source: edge.source.id, target: edge.target.id, weight: edge.weight })),
  };
}

/* What the two sliders leave: nodes by their cumulative influence, edges by their share of what enters the target. */
function filtered(graph, state) {
  const kept = new Set(graph.nodes.filter((node) => (
    node.kind === "token" || node.kind === "logit" || node.influence === null || node.influence <= state.most + 1e-9 ||
    state.pins.has(node) || state.selected === node || state.groups.some((group) => group.members.includes(node))
  )));
  const edges = graph.edges.filter((edge) => Math.abs(edge.share) >= state.least && kept.has(edge.source) && kept.has(edge.target));
  return { nodes: kept, edges: new Set(edges) };
}

/* How much of a node's input (or of other nodes' input, downstream) is its share, directly or over every path.
 * A map from node to share; directly it has a sign, over every path it has none. */
function reach(node, shown, upstream, wholePath) {
  const near = upstream ? "inputs" : "outputs", far = upstream ? "source" : "target";
  const found = new Map();
  if (!wholePath) {
    for (const edge of node[near]) if (shown.edges.has(edge)) found.set(edge[far], edge.share);
    return found;
  }
  const order = [...shown.nodes].sort((a, b) => (upstream ? b.row - a.row : a.row - b.row));
  found.set(node, 1);
  for (const from of order) {
    const here = found.get(from);
    if (here === undefined) continue;
    for (const edge of from[near]) {
      if (shown.edges.has(edge)) found.set(edge[far], (found.get(edge[far]) || 0) + here * Math.abs(edge.share));
    }
  }
  found.delete(node);
  return found;
}

/* The edges along which a node was reached, each with a strength from 0 to 1. */
function tracedEdges(node, shown, upstream, wholePath) {
  const near = upstream ? "inputs" : "outputs";
  const own = node[near].filter((edge) => shown.edges.has(edge)).map((edge) => ({ edge, strength: Math.abs(edge.share) }));
  if (!wholePath) return own;
  const reached = reach(node, shown, upstream, true);
  for (const [other, share] of reached) {
    for (const edge of other[near]) if (shown.edges.has(edge)) own.push({ edge, strength: share * Math.abs(edge.share) });
  }
  return own;
}

/* How much each node counts: its influence on the outputs over all paths, and for an output its probability. */
function weigh(graph) {
  for (const node of graph.nodes) node.counts = node.probability || 0;
  for (const node of [...graph.nodes].sort((a, b) => b.row - a.row)) {
    for (const edge of node.inputs) edge.source.counts += node.counts * Math.abs(edge.share);
  }
}

/* Edges between boxes: of all that enters B's members, the part that comes from A's, with its sign. Members count by
 * their influence, so that a group is judged by what carries it. */
function boxEdges(boxes) {
  const found = [];
  for (const target of boxes) {
    const total = target.members.reduce((sum, node) => sum + node.counts + 1e-10, 0);
    const sums = new Map();
    for (const node of target.members) {
      for (const edge of node.inputs) {
        const from = boxes.find((box) => box !== target && box.members.includes(edge.source));
        if (from) sums.set(from, (sums.get(from) || 0) + ((node.counts + 1e-10) / total) * edge.share);
      }
    }
    for (const [source, share] of sums) found.push({ source, target, share });
  }
  return found.filter((edge) => Math.abs(edge.share) >= 0.005).sort((a, b) => Math.abs(b.share) - Math.abs(a.share));
}
