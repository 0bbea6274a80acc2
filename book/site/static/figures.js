/* Draws the plotly figures of a page: each when it comes near the screen, in the colours of the page's theme.
 *
 * A plotly slider or button row becomes real controls, which keyboards and screen readers can use.
 * The numbers of a figure are offered as a table and as JSON.
 */
(function () {
  "use strict";
  const CONFIG = {
    responsive: true,
    displaylogo: false,
    showSendToCloud: false,
    modeBarButtonsToRemove: ["sendDataToCloud", "lasso2d", "select2d", "autoScale2d", "toggleSpikelines", "hoverClosestCartesian", "hoverCompareCartesian"],
    toImageButtonOptions: { format: "svg" },
  };
  const MOST_ROWS = 400;
  const drawn = new Map();

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  /* What the theme decides about a figure. Keys are paths, as Plotly.relayout wants them. */
  function themed(layout) {
    const ink = css("--book-ink"), grid = css("--book-grid"), soft = css("--book-soft"), card = css("--book-card");
    const look = {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      "font.color": ink,
      "title.font.color": ink,
      "legend.bgcolor": "rgba(0,0,0,0)",
      "hoverlabel.bgcolor": card,
      "hoverlabel.bordercolor": soft,
      "hoverlabel.font.color": ink,
      "modebar.bgcolor": "rgba(0,0,0,0)",
      "modebar.color": soft,
      "modebar.activecolor": ink,
    };
    for (const axis of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))) {
      Object.assign(look, { [axis + ".gridcolor"]: grid, [axis + ".zerolinecolor"]: soft, [axis + ".linecolor"]: soft, [axis + ".tickcolor"]: soft });
    }
    return look;
  }

  function assign(layout, look) {
    for (const [path, value] of Object.entries(look)) {
      const keys = path.split(".");
      let place = layout;
      for (const key of keys.slice(0, -1)) {
        if (typeof place[key] === "string") place[key] = { text: place[key] };
        place = place[key] = place[key] || {};
      }
      place[keys[keys.length - 1]] = value;
    }
  }

  /* ---- controls in place of plotly's own sliders and buttons, which only a mouse can reach ---- */

  function element(tag, attributes, text) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function act(canvas, step) {
    if (step.execute === false || !step.method || step.method === "skip") return Promise.resolve();
    const call = { animate: Plotly.animate, restyle: Plotly.restyle, relayout: Plotly.relayout, update: Plotly.update }[step.method];
    const args = step.args || [];
    const done = call(canvas, ...args);
    /* A step may set colours of the layout; the theme has the last word on them. */
    const layout = { update: args[1], relayout: args[0] }[step.method];
    const recolours = layout && /color/.test(JSON.stringify(layout));
    return Promise.resolve(done).then(() => (recolours ? Plotly.relayout(canvas, themed(canvas._fullLayout)) : null));
  }

  function plain(html) {
    return String(html).replace(/<br\s*\/?>/gi, " ").replace(/<[^>]*>/g, "");
  }

  function slider(canvas, spec, id) {
    const steps = spec.steps || [];
    const prefix = plain((spec.currentvalue && spec.currentvalue.prefix) || "");
    const suffix = plain((spec.currentvalue && spec.currentvalue.suffix) || "");
    const name = (prefix.replace(/[:=\s]+$/, "") || (spec.name && spec.name) || "Choose").trim();
    const box = element("div", { class: "plot-slider" });
    const input = element("input", { type: "range", id: id, min: 0, max: Math.max(steps.length - 1, 0), step: 1, value: spec.active || 0 });
    const output = element("output", { for: id });
    const show = () => {
      const step = steps[Number(input.value)] || {};
      output.textContent = plain(step.label === undefined ? input.value : step.label) + suffix;
      input.setAttribute("aria-valuetext", output.textContent);
    };
    input.addEventListener("input", () => {
      show();
      act(canvas, steps[Number(input.value)] || {});
    });
    show();
    box.append(element("label", { for: id }, name), input, output);
    return { box: box, input: input, steps: steps };
  }

  function buttons(canvas, menu, id, sliders) {
    const box = element("div", { class: "plot-buttons" });
    const choices = (menu.buttons || []).filter((button) => button.visible !== false);
    if (menu.type !== "buttons") {
      const name = plain(menu.name || "Shown");
      const select = element("select", { id: id });
      choices.forEach((choice, i) => select.append(element("option", { value: i }, plain(choice.label || i).replace(name + ": ", ""))));
      box.append(element("label", { for: id }, name));
      select.value = menu.active || 0;
      select.addEventListener("change", () => act(canvas, choices[Number(select.value)]));
      box.append(select);
      return box;
    }
    for (const choice of choices) {
      const button = element("button", { type: "button" }, plain(choice.label || "Go"));
      const plays = choice.method === "animate" && sliders.length > 0 && !(Array.isArray(choice.args) && Array.isArray(choice.args[0]) && choice.args[0][0] === null);
      button.addEventListener("click", () => (plays ? play(sliders[0]) : act(canvas, choice)));
      box.append(button);
    }
    return box;
  }

  /* "Play" moves the slider, so that picture, slider and value always agree. */
  function play(control) {
    if (control.timer) {
      clearInterval(control.timer);
      control.timer = null;
      return;
    }
    if (Number(control.input.value) >= control.steps.length - 1) control.input.value = 0;
    control.timer = setInterval(() => {
      if (Number(control.input.value) >= control.steps.length - 1) return play(control);
      control.input.value = Number(control.input.value) + 1;
      control.input.dispatchEvent(new Event("input"));
    }, 700);
  }

  /* interpbook.widgets leaves room over the plot for plotly's own control, and says in layout.meta.room how much. */
  function takeBackRoom(layout, steps) {
    const room = (layout.meta && layout.meta.room) || 0;
    if (layout.height) layout.height -= room;
    if (layout.margin && layout.margin.t) layout.margin.t -= room;
    for (const change of steps.map((step) => (step.method === "update" ? step.args[1] : step.method === "relayout" ? step.args[0] : null))) {
      if (!change) continue;
      for (const key of ["height", "margin.t"]) if (typeof change[key] === "number") change[key] -= room;
    }
  }

  function controls(figure, canvas, layout) {
    const id = figure.id || "plot";
    const menus = layout.updatemenus || [];
    const sliders = (layout.sliders || []).filter((s) => s.visible !== false).map((s, i) => slider(canvas, s, id + "-slider-" + i));
    if (sliders.length || menus.length) takeBackRoom(layout, [...(layout.sliders || []).flatMap((s) => s.steps || []), ...menus.flatMap((m) => m.buttons || [])]);
    delete layout.sliders;
    delete layout.updatemenus;
    if (layout.height) canvas.style.minHeight = layout.height + "px";
    if (!sliders.length && !menus.length) return;
    const row = element("div", { class: "plot-controls" });
    menus.forEach((menu, i) => row.append(buttons(canvas, menu, id + "-menu-" + i, sliders)));
    sliders.forEach((control) => row.append(control.box));
    figure.insertBefore(row, canvas);
  }

  /* ---- the figure in numbers ---- */

  const ARRAYS = { i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array, f4: Float32Array, f8: Float64Array };

  function values(array) {
    if (array === undefined || array === null) return null;
    if (array.bdata === undefined) return Array.isArray(array) ? array : null;
    const bytes = Uint8Array.from(atob(array.bdata), (char) => char.charCodeAt(0));
    const flat = Array.from(new ARRAYS[array.dtype](bytes.buffer));
    const shape = String(array.shape || "").split(",").map(Number);
    if (shape.length < 2) return flat;
    return Array.from({ length: shape[0] }, (_, i) => flat.slice(i * shape[1], (i + 1) * shape[1]));
  }

  function grid(trace) {
    const z = values(trace.z);
    if (!z || !Array.isArray(z[0])) return null;
    const x = values(trace.x) || z[0].map((_, i) => i), y = values(trace.y) || z.map((_, i) => i);
    return { head: ["", ...x], rows: z.map((row, i) => [y[i], ...row]) };
  }

  function columns(trace) {
    const x = values(trace.x), y = values(trace.y);
    if (!x && !y) return null;
    const text = Array.isArray(trace.text) && trace.text.length ? trace.text : null;
    const length = Math.max(x ? x.length : 0, y ? y.length : 0);
    const head = [...(x ? ["x"] : []), ...(y ? ["y"] : []), ...(text ? ["label"] : [])];
    return { head: head, rows: Array.from({ length: length }, (_, i) => [...(x ? [x[i]] : []), ...(y ? [y[i]] : []), ...(text ? [plain(text[i])] : [])]) };
  }

  function cell(value) {
    if (value === null || value === undefined) return "–";
    return typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(4))) : String(value);
  }

  function table(trace, number) {
    const found = grid(trace) || columns(trace);
    if (!found) return null;
    const made = element("table", {});
    made.append(element("caption", {}, (plain(trace.name || "series " + number)) + (found.rows.length > MOST_ROWS ? " (first " + MOST_ROWS + " of " + found.rows.length + " rows)" : "")));
    const head = element("tr", {});
    found.head.forEach((title) => head.append(title === "" ? element("td", {}, "") : element("th", { scope: "col" }, plain(cell(title)))));
    made.append(head);
    for (const row of found.rows.slice(0, MOST_ROWS)) {
      const line = element("tr", {});
      row.forEach((value) => line.append(element("td", {}, plain(cell(value)))));
      made.append(line);
    }
    return made;
  }

  function words(figure, spec) {
    const details = figure.querySelector(".plot-words details");
    const fill = () => {
      if (details.dataset.filled) return;
      details.dataset.filled = "1";
      const scroll = element("div", { class: "plot-numbers", tabindex: "0", role: "group", "aria-label": "The figure's numbers" });
      spec.data.forEach((trace, i) => {
        const made = table(trace, i + 1);
        if (made) scroll.append(made);
      });
      const blob = new Blob([JSON.stringify(spec)], { type: "application/json" });
      const link = element("a", { href: URL.createObjectURL(blob), download: (figure.id || "figure") + ".json" }, "The whole figure as JSON");
      if (scroll.childElementCount) details.append(scroll);
      const line = element("p", {});
      line.append(link);
      details.append(line);
    };
    details.addEventListener("toggle", fill);
  }

  /* ---- drawing ---- */

  /* The picture keeps its description; plotly's buttons, which are in the same box, are not part of a picture. */
  function describe(canvas) {
    const words = canvas.getAttribute("aria-label");
    canvas.querySelectorAll(".main-svg").forEach((svg, i) => {
      if (i > 0) return svg.setAttribute("aria-hidden", "true");
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", words);
    });
    canvas.removeAttribute("role");
    canvas.removeAttribute("aria-label");
  }

  function draw(figure) {
    if (drawn.has(figure)) return;
    const canvas = figure.querySelector(".plot-canvas");
    const spec = JSON.parse(figure.querySelector(".plot-spec").textContent);
    drawn.set(figure, canvas);
    words(figure, spec);
    const layout = structuredClone(spec.layout || {});
    delete layout.width;
    layout.autosize = true;
    controls(figure, canvas, layout);
    const axes = Object.assign({ xaxis: {}, yaxis: {} }, layout);
    assign(layout, themed(axes));
    const shown = { data: structuredClone(spec.data || []), layout: layout, frames: spec.frames || [], config: CONFIG };
    Plotly.newPlot(canvas, shown).then(() => {
      figure.dataset.drawn = "1";
      describe(canvas);
      return Plotly.relayout(canvas, themed(canvas._fullLayout));
    });
  }

  function recolour() {
    for (const canvas of drawn.values()) if (canvas._fullLayout) Plotly.relayout(canvas, themed(canvas._fullLayout));
  }

  function start() {
    const figures = [...document.querySelectorAll("figure.plot")];
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((e) => e.isIntersecting)) {
        watcher.unobserve(entry.target);
        draw(entry.target);
      }
    }, { rootMargin: "600px 0px" });
    figures.forEach((figure) => watcher.observe(figure));
    new MutationObserver(recolour).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    /* Paper is white and holds everything. */
    let before = null;
    window.addEventListener("beforeprint", () => {
      before = document.documentElement.dataset.theme;
      document.documentElement.dataset.theme = "light";
      figures.forEach(draw);
      recolour();
    });
    window.addEventListener("afterprint", () => {
      if (before) document.documentElement.dataset.theme = before;
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
