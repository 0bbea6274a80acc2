/* What a reader has done, kept in this browser: sections seen, quizzes answered, exercises ticked off.
 *
 * One JSON object in localStorage. quiz.js writes `quizzes`, this file writes `sections` and `exercises`.
 */
(function () {
  "use strict";
  const KEY = "no-more-folk-theories";
  const PARTS = ["sections", "quizzes", "exercises"];

  function read() {
    let stored = {};
    try {
      stored = JSON.parse(window.localStorage.getItem(KEY)) || {};
    } catch {
      /* no storage, or not ours: start from nothing */
    }
    for (const part of PARTS) if (typeof stored[part] !== "object" || stored[part] === null) stored[part] = {};
    return stored;
  }

  function write(store) {
    try {
      window.localStorage.setItem(KEY, JSON.stringify(store));
    } catch {
      return false;
    }
    document.dispatchEvent(new CustomEvent("book:progress"));
    return true;
  }

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function page() {
    const found = /(chapters|exercises|solutions)\/(\d\d_\w+)\.html$/.exec(window.location.pathname);
    return found ? { kind: found[1], stem: found[2] } : null;
  }

  /* ---- sections: seen when their heading has been on the screen ---- */

  function watchSections(stem) {
    const sections = [...document.querySelectorAll(".bd-article > section > section")];
    if (!sections.length) return;
    const watcher = new IntersectionObserver((entries) => {
      const store = read();
      const seen = new Set((store.sections[stem] || {}).seen || []);
      const before = seen.size;
      for (const entry of entries) if (entry.isIntersecting) seen.add(entry.target.parentElement.id);
      if (seen.size !== before) {
        store.sections[stem] = { seen: [...seen].filter((id) => sections.some((s) => s.id === id)), total: sections.length };
        write(store);
      }
    }, { rootMargin: "0px 0px -30% 0px" });
    sections.forEach((section) => section.firstElementChild && watcher.observe(section.firstElementChild));
  }

  /* ---- exercises: a tick beside each heading ---- */

  function tickBoxes(stem) {
    const headings = [...document.querySelectorAll(".bd-article h2")].filter((h) => /^Exercise\s+\d+/.test(h.textContent));
    headings.forEach((heading) => {
      const id = heading.parentElement.id;
      const box = make("input", { type: "checkbox", id: "done-" + id });
      box.checked = Boolean(((read().exercises[stem] || {}).done || {})[id]);
      box.addEventListener("change", () => {
        const store = read();
        const record = (store.exercises[stem] = Object.assign({ done: {} }, store.exercises[stem], { total: headings.length }));
        if (box.checked) record.done[id] = true;
        else delete record.done[id];
        write(store);
      });
      heading.after(make("label", { class: "exercise-tick", for: "done-" + id }, box, " I solved this one"));
    });
  }

  /* ---- how much of a chapter is done, and where that shows ---- */

  function share(store, stem) {
    const sections = store.sections[stem], quiz = store.quizzes[stem], exercises = store.exercises[stem];
    const points = exercises && exercises.max_points ? exercises.points + " of " + exercises.max_points + " points" : "";
    const ticks = exercises && exercises.done ? Object.keys(exercises.done).length : 0;
    return {
      read: sections && sections.total ? Math.min(1, sections.seen.length / sections.total) : 0,
      quiz: quiz && quiz.total ? quiz.right / quiz.total : 0,
      quizWords: quiz && quiz.total ? quiz.right + " of " + quiz.total + " right" : "",
      exerciseWords: [points, ticks ? ticks + " ticked off" : ""].filter(Boolean).join(", "),
    };
  }

  function percent(value) {
    return Math.round(value * 100) + " %";
  }

  function paintLinks() {
    const store = read();
    document.querySelectorAll(".bd-links a[href]").forEach((link) => {
      const found = /chapters\/(\d\d_\w+)\.html$/.exec(link.pathname || "") || (link.getAttribute("href") === "#" && page() && page().kind === "chapters" ? [null, page().stem] : null);
      if (!found) return;
      const done = share(store, found[1]);
      let ring = link.querySelector(".ring");
      if (!ring) {
        ring = make("span", { class: "ring" }, make("span", { class: "visually-hidden" }));
        link.append(ring);
      }
      const whole = done.quizWords ? (done.read + done.quiz) / 2 : done.read / 2;
      ring.style.setProperty("--done", String(whole));
      ring.hidden = whole === 0;
      ring.firstChild.textContent = " (read " + percent(done.read) + (done.quizWords ? ", quiz " + done.quizWords : "") + ")";
    });
    document.querySelectorAll(".chapter-card[data-stem]").forEach((card) => {
      const done = share(store, card.dataset.stem);
      let line = card.querySelector(".card-progress");
      if (!line) {
        line = make("p", { class: "card-progress" });
        card.lastElementChild.append(line);
      }
      const words = [done.read ? "read " + percent(done.read) : "", done.quizWords ? "quiz " + done.quizWords : "", done.exerciseWords].filter(Boolean);
      line.textContent = words.join(" · ");
      line.hidden = words.length === 0;
    });
  }

  /* ---- the page "Your progress" ---- */

  function bar(value, label) {
    const made = make("progress", { max: "1", "aria-label": label });
    made.value = value;
    return made;
  }

  function row(chapter, store) {
    const done = share(store, chapter.stem);
    const name = make("th", { scope: "row" }, make("a", { href: chapter.link }, chapter.number + " · " + chapter.title));
    const cells = [
      make("td", {}, bar(done.read, chapter.title + ": share read"), " " + percent(done.read)),
      make("td", {}, bar(done.quiz, chapter.title + ": share of the quiz"), " " + (done.quizWords || "not started")),
      make("td", {}, done.exerciseWords || "not started"),
    ];
    return make("tr", {}, name, ...cells);
  }

  function drawPanel(panel, chapters, message) {
    const store = read();
    const head = make("tr", {}, ...["Chapter", "Read", "Quiz", "Exercises"].map((word) => make("th", { scope: "col" }, word)));
    const table = make("table", { class: "progress-table" }, make("thead", {}, head), make("tbody", {}, ...chapters.map((chapter) => row(chapter, store))));
    panel.querySelector(".progress-body").replaceChildren(make("div", { class: "table-box" }, table));
    panel.querySelector(".progress-message").textContent = message || "";
  }

  function save(store) {
    const blob = new Blob([JSON.stringify(store, null, 1)], { type: "application/json" });
    const link = make("a", { href: URL.createObjectURL(blob), download: "no-more-folk-theories-progress.json" });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  /* A file saved here, or the JSON report of `interpbook check`. Returns what happened, in words. */
  function load(text) {
    let data;
    try {
      data = JSON.parse(text);
    } catch {
      return "That file is not JSON; nothing was changed.";
    }
    const store = read();
    if (data && typeof data.notebook === "string" && typeof data.points === "number" && typeof data.max_points === "number") {
      const stem = (/(\d\d_\w+?)(\.ipynb)?$/.exec(data.notebook) || [])[1];
      if (!stem) return "The report does not name one of the book's notebooks; nothing was changed.";
      store.exercises[stem] = Object.assign({ done: {} }, store.exercises[stem], { points: data.points, max_points: data.max_points });
      return write(store) ? "Exercises " + stem + ": " + data.points + " of " + data.max_points + " points." : "This browser does not keep anything here.";
    }
    if (data && PARTS.some((part) => typeof data[part] === "object" && data[part] !== null)) {
      for (const part of PARTS) if (typeof data[part] === "object" && data[part] !== null) Object.assign(store[part], data[part]);
      return write(store) ? "Loaded." : "This browser does not keep anything here.";
    }
    return "That is neither saved progress nor a report of interpbook check; nothing was changed.";
  }

  function panel(place) {
    const chapters = JSON.parse(place.querySelector("#progress-chapters").textContent);
    const file = make("input", { type: "file", accept: "application/json,.json", id: "progress-file", class: "visually-hidden" });
    const saveButton = make("button", { type: "button", class: "button" }, "Save to a file");
    const clearButton = make("button", { type: "button", class: "button" }, "Clear everything");
    const message = make("p", { class: "progress-message", role: "status", "aria-live": "polite" });
    place.append(make("div", { class: "progress-body" }), make("div", { class: "progress-actions" }, saveButton, file, make("label", { for: "progress-file", class: "button" }, "Load a file"), clearButton), message);
    drawPanel(place, chapters);
    document.addEventListener("book:progress", () => drawPanel(place, chapters, message.textContent));
    saveButton.addEventListener("click", () => save(read()));
    file.addEventListener("change", () => {
      if (!file.files.length) return;
      file.files[0].text().then((text) => {
        const result = load(text);
        drawPanel(place, chapters, result);
        file.value = "";
      });
    });
    clearButton.addEventListener("click", () => {
      if (clearButton.dataset.sure !== "1") {
        clearButton.dataset.sure = "1";
        clearButton.textContent = "Really clear everything?";
        setTimeout(() => {
          clearButton.dataset.sure = "";
          clearButton.textContent = "Clear everything";
        }, 5000);
        return;
      }
      clearButton.dataset.sure = "";
      clearButton.textContent = "Clear everything";
      try {
        window.localStorage.removeItem(KEY);
      } catch {
        /* nothing was stored */
      }
      document.dispatchEvent(new CustomEvent("book:progress"));
      drawPanel(place, chapters, "Everything was cleared.");
    });
  }

  function start() {
    const here = page();
    if (here && here.kind === "chapters") watchSections(here.stem);
    if (here && here.kind === "exercises") tickBoxes(here.stem);
    const place = document.getElementById("progress-panel");
    if (place) panel(place);
    paintLinks();
    document.addEventListener("book:progress", paintLinks);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
