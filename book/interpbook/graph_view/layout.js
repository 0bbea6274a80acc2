/* 2 · Where things stand: a column for each position, a row for each layer, nodes side by side in their cell. */
const NODE = 15, GUTTER = 52, EDGE_OF_CELL = 6, LEAST_COLUMN = 30, LETTER = 6.6;

function cellsOf(nodes) {
  const cells = new Map();
  for (const node of nodes) {
    const key = node.row + "/" + node.position;
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(node);
  }
  return cells;
}

/* How many nodes may stand side by side, so that the columns fit into the width. */
function widest(graph, most, width) {
  for (let cap = Math.max(...most, 1); cap > 2; cap--) {
    const needed = most.reduce((sum, count) => sum + columnWidth(count, cap), GUTTER);
    if (needed <= width) return cap;
  }
  return 2;
}

function columnWidth(count, cap) {
  return Math.max(LEAST_COLUMN, Math.min(count, cap) * NODE + 2 * EDGE_OF_CELL);
}

/* Places for all nodes of the graph (whatever the sliders hide, so that nothing jumps), rows, columns and the size. */
function layOut(graph, width) {
  const inner = graph.nodes.filter((node) => node.kind !== "logit");
  const cells = cellsOf(inner);
  const most = graph.tokens.map((_, position) => Math.max(0, ...[...cells].filter(([key]) => key.endsWith("/" + position)).map(([, some]) => some.length)));
  const cap = widest(graph, most, width);
  const columns = spread(most.map((count) => columnWidth(count, cap)), width - GUTTER - 6);
  const logits = graph.nodes.filter((node) => node.kind === "logit").sort((a, b) => (b.probability || 0) - (a.probability || 0));
  const rows = rowsOf(inner, cells, columns), places = new Map();
  let y = placeOutputs(logits, columns, places);
  for (const row of [...rows].reverse()) {
    row.top = y;
    row.gap = rows.length > 16 ? 9 : 15;
    row.height = row.lines * NODE + row.gap;
    y += row.height;
  }
  for (const row of rows) for (const column of columns) {
    placeCell(cells.get(row.layer + "/" + column.position) || [], row, column, places);
  }
  return { places, rows, columns, logits, floor: y, ...wordsBelow(graph, columns, y) };
}

/* Outputs all follow the last word; they stand beside one another, the most probable over its column. Returns their floor. */
function placeOutputs(logits, columns, places) {
  const last = columns[columns.length - 1], room = last.x + last.width - GUTTER;
  const wide = Math.max(52, Math.min(66, room / Math.max(1, logits.length))), each = Math.max(1, Math.floor(room / wide + 0.01));
  const lines = Math.ceil(logits.length / each), right = last.x + last.width - wide / 2;
  logits.forEach((node, i) => places.set(node, { x: right - (i % each) * wide, y: 38 + (lines - 1 - Math.floor(i / each)) * 46 }));
  return logits.length ? 38 + (lines - 1) * 46 + 26 : 8;
}

/* Columns from left to right; room that is left over is shared out. */
function spread(widths, room) {
  const left = Math.max(0, room - widths.reduce((sum, width) => sum + width, 0)) / widths.length;
  let x = GUTTER;
  return widths.map((width, position) => {
    const column = { position, x, width: width + left };
    x += width + left;
    return column;
  });
}

function rowsOf(nodes, cells, columns) {
  const layers = [...new Set(nodes.map((node) => node.row))].sort((a, b) => a - b);
  return layers.map((layer) => {
    const lines = columns.map((column) => {
      const some = cells.get(layer + "/" + column.position);
      return some ? Math.ceil(some.length / inOneLine(column)) : 1;
    });
    return { layer, lines: Math.max(...lines), name: layer < 0 ? "words" : "layer " + layer };
  });
}

function inOneLine(column) {
  return Math.max(1, Math.floor((column.width - EDGE_OF_CELL) / NODE));
}

function placeCell(nodes, row, column, places) {
  const each = inOneLine(column);
  const ordered = [...nodes].sort((a, b) => (a.kind === "error") - (b.kind === "error") || (a.influence ?? 2) - (b.influence ?? 2) || a.number - b.number);
  ordered.forEach((node, i) => {
    const line = Math.floor(i / each), inLine = Math.min(each, ordered.length - line * each);
    places.set(node, {
      x: column.x + column.width / 2 + (i % each - (inLine - 1) / 2) * NODE,
      y: row.top + row.gap / 2 + (line + 0.5) * NODE,
    });
  });
}

/* The words under the picture: level where they fit, slanted where they do not. */
function wordsBelow(graph, columns, floor) {
  const words = graph.tokens.map((token) => clip(visibleText(token).replace(/^·/, ""), 14));
  const slanted = columns.some((column) => words[column.position].length * LETTER > column.width - 4);
  const longest = Math.max(...words.map((word) => word.length));
  const right = columns[columns.length - 1];
  return { words, slanted, width: right.x + right.width + 6, height: floor + (slanted ? longest * LETTER * 0.72 + 16 : 24) };
}

function clip(text, length) {
  return text.length > length ? text.slice(0, length - 1) + "…" : text;
}

/* Boxes of pinned nodes and groups: a row for each step of the longest path, from left to right by position. */
function layOutBoxes(boxes, edges, width) {
  const depth = new Map(boxes.map((box) => [box, 0]));
  for (let round = 0; round < boxes.length; round++) {
    for (const edge of edges) {
      if (edge.source.height < edge.target.height) depth.set(edge.target, Math.max(depth.get(edge.target), Math.min(boxes.length, depth.get(edge.source) + 1)));
    }
  }
  const levels = [];
  for (const box of boxes) (levels[depth.get(box)] = levels[depth.get(box)] || []).push(box);
  const lines = levels.filter(Boolean).flatMap((some) => wrapped(some.sort((a, b) => a.across - b.across), width));
  const places = new Map();
  lines.reverse().forEach((line, i) => {
    const total = line.reduce((sum, box) => sum + box.width, 0), gap = (width - total) / (line.length + 1);
    let x = gap;
    for (const box of line) {
      places.set(box, { x, y: 10 + i * 78, width: box.width, height: 34 });
      x += box.width + gap;
    }
  });
  return { places, height: lines.length * 78 - 24 };
}

function wrapped(boxes, width) {
  const lines = [[]];
  let used = 12;
  for (const box of boxes) {
    box.width = Math.min(width - 24, Math.max(56, Math.min(box.name.length, 24) * 7.4 + 22));
    if (used + box.width + 14 > width && lines[lines.length - 1].length) {
      lines.push([]);
      used = 12;
    }
    lines[lines.length - 1].push(box);
    used += box.width + 14;
  }
  return lines;
}
