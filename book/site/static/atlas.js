/* The feature atlas: a search over every latent of a dictionary, and one card at a time.
 *
 * Data are scripts (`_static/atlas/NNN.js`), since a page opened from a disk may run scripts but not fetch files.
 * A card's file is loaded when one of its cards is asked for; `#latent-123` in the address opens a card.
 */
(function () {
  "use strict";
  const root = document.getElementById("feature-atlas");
  if (!root) return;
  const base = root.dataset.base;
  const chunks = new Map();
  let index = null;
  let waiting = null;

  window.bookAtlas = {
    index(data) {
      index = data;
    },
    chunk(number, cards) {
      chunks.set(number, cards);
    },
  };

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function drawn(tag, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  function load(name) {
    return new Promise((done, failed) => {
      const script = make("script", { src: `${base}${name}.js` });
      script.onload = done;
      script.onerror = () => failed(new Error(`The atlas's file ${name}.js could not be loaded.`));
      document.head.append(script);
    });
  }

  const file = (latent) => Math.floor(latent / index.chunk);

  async function cardOf(latent) {
    const number = file(latent);
    if (!chunks.has(number)) await load(String(number).padStart(3, "0"));
    return chunks.get(number)[latent % index.chunk];
  }

  const percent = (share) => `${(100 * share).toPrecision(2)} %`;

  /* --- search --- */

  const form = make("form", { class: "atlas-search", role: "search" });
  const box = make("input", { type: "search", id: "atlas-words", autocomplete: "off", placeholder: "ship, ( , 1842 …" });
  const sort = make("select", { id: "atlas-sort" });
  for (const [value, text] of [["number", "number"], ["score", "label score"], ["frequency", "how often active"]]) {
    sort.append(make("option", { value }, text));
  }
  const random = make("button", { type: "button" }, "A random latent");
  const found = make("p", { class: "atlas-found", "aria-live": "polite" });
  const list = make("ol", { class: "atlas-list" });
  const card = make("section", { class: "atlas-card", "aria-live": "polite", tabindex: "-1" });
  form.append(
    make("label", { for: "atlas-words" }, "Token or label "), box,
    make("label", { for: "atlas-sort" }, " sorted by "), sort, " ", random,
  );

  const SHOWN = 40;

  function search() {
    const words = box.value.trim().toLowerCase();
    const own = (row) => [row[1].toLowerCase(), row[4].toLowerCase(), row[5]].join(" ");
    const hits = index.rows.filter((row) => !words || String(row[0]) === words || own(row).includes(words));
    const by = { number: (row) => row[0], score: (row) => -row[2], frequency: (row) => -row[3] }[sort.value];
    hits.sort((a, b) => by(a) - by(b));
    found.textContent = `${hits.length} of ${index.rows.length} latents` + (hits.length > SHOWN ? `, the first ${SHOWN}:` : ":");
    list.replaceChildren(...hits.slice(0, SHOWN).map(line));
  }

  function line(row) {
    const link = make("a", { href: `#latent-${row[0]}` }, `${row[0]}`);
    return make("li", {}, link, ` ${row[1]} `, make("small", {}, `score ${row[2].toFixed(2)}, active in ${percent(row[3])}`));
  }

  /* --- one card --- */

  function passage([value, before, token, after], peak) {
    const mark = make("mark", {}, token);
    mark.style.setProperty("--strength", `${Math.round(12 + (28 * value) / (peak || 1))}%`);
    return make("li", {}, make("small", {}, `${value} `), `…${before}`, mark, `${after}…`);
  }

  function histogram(counts, peak) {
    const most = Math.max(...counts, 1);
    const height = (n) => (n ? 4 + (36 * Math.log(n + 1)) / Math.log(most + 1) : 0);
    const drawing = drawn("svg", {
      viewBox: `0 0 ${counts.length * 16} 40`, role: "img", "aria-label": `Histogram of activations: ${counts.join(", ")}`,
    });
    counts.forEach((n, i) => drawing.append(drawn("rect", { x: i * 16, y: 40 - height(n), width: 14, height: height(n) })));
    const figure = make("figure", { class: "atlas-histogram" }, drawing);
    figure.append(make("figcaption", {}, `Firings by strength, 0 to ${peak}; heights are logarithms of counts.`));
    return figure;
  }

  function slider(texts, prompt) {
    const doses = Object.keys(texts).sort((a, b) => a - b);
    const range = make("input", { type: "range", min: 0, max: doses.length - 1, value: 0, step: 1, id: "atlas-dose" });
    const name = make("output", { for: "atlas-dose" });
    const said = make("p", { class: "atlas-said" });
    const show = () => {
      const dose = doses[range.value];
      name.textContent = ` ${dose} × its peak`;
      said.replaceChildren(make("b", {}, prompt), texts[dose].startsWith(prompt) ? texts[dose].slice(prompt.length) : texts[dose]);
    };
    range.addEventListener("input", show);
    show();
    const title = make("label", { for: "atlas-dose" }, "Held at ");
    return make("div", { class: "atlas-steer" }, make("h3", {}, "Steering"), title, range, name, said);
  }

  const tokens = (title, words) => make("p", {}, `${title}: `, ...words.flatMap((word) => [make("code", {}, word), " "]));

  function draw(data) {
    const facts = `Active in ${percent(data.f)} of tokens · peak ${data.p} · label score ${data.s.toFixed(2)}`;
    card.replaceChildren(make("h2", {}, `Latent ${data.i}: ${data.l}`), make("p", {}, facts));
    if (data.p > 0) {
      card.append(
        histogram(data.h, data.p),
        make("h3", {}, "Strongest"), make("ul", {}, ...data.t.map((one) => passage(one, data.p))),
        make("h3", {}, "Over its whole range"), make("ul", {}, ...data.e.map((one) => passage(one, data.p))),
      );
    } else card.append(make("p", {}, "Never active on these passages."));
    card.append(tokens("Its direction raises", data.u), tokens("and lowers", data.d));
    if (data.c) card.append(slider(data.c, index.prompt));
    const step = (to, text) => make("a", { href: `#latent-${to}` }, text);
    const last = index.rows.length - 1;
    card.append(make("p", { class: "atlas-steps" }, step(Math.max(data.i - 1, 0), "← previous"), " ", step(Math.min(data.i + 1, last), "next →")));
  }

  async function open() {
    const asked = /^#latent-(\d+)$/.exec(window.location.hash);
    if (!asked) return;
    const latent = Number(asked[1]);
    if (latent >= index.rows.length) {
      card.replaceChildren(make("p", {}, `There are latents 0 to ${index.rows.length - 1}.`));
      return;
    }
    waiting = latent;
    try {
      const data = await cardOf(latent);
      if (waiting !== latent) return;
      draw(data);
      card.scrollIntoView({ block: "start" });
      card.focus({ preventScroll: true });
    } catch (error) {
      card.replaceChildren(make("p", {}, error.message));
    }
  }

  async function start() {
    try {
      await load("index");
    } catch (error) {
      root.replaceChildren(make("p", {}, error.message));
      return;
    }
    root.replaceChildren(form, card, found, list);
    form.addEventListener("submit", (event) => event.preventDefault());
    box.addEventListener("input", search);
    sort.addEventListener("change", search);
    random.addEventListener("click", () => {
      window.location.hash = `#latent-${Math.floor(Math.random() * index.rows.length)}`;
    });
    window.addEventListener("hashchange", open);
    search();
    root.dataset.ready = "yes";
    open();
  }

  start();
})();
