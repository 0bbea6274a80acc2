/* The quiz: the same file draws it in a live notebook and on a static page.
 *
 * Finds every section.quiz, reads the questions from its .quiz-spec, and builds them in it.
 * All text goes in as text nodes; nothing is parsed as HTML. Answers are kept in this browser only.
 */
(function () {
  "use strict";
  const KEY = "no-more-folk-theories";

  function readStore() {
    try {
      const stored = JSON.parse(window.localStorage.getItem(KEY));
      return stored && typeof stored === "object" ? stored : {};
    } catch {
      return {};
    }
  }

  function saveAnswers(name, total, answers) {
    try {
      const store = readStore();
      store.quizzes = store.quizzes || {};
      store.quizzes[name] = { total: total, right: Object.values(answers).filter((a) => a.right).length, answers: answers };
      window.localStorage.setItem(KEY, JSON.stringify(store));
    } catch {
      /* Private windows and full disks keep no progress; the quiz itself goes on. */
    }
    document.dispatchEvent(new CustomEvent("book:progress"));
  }

  /* A small element: make("p", {class: "x"}, "text", child, …). Strings become text; `code` becomes <code>. */
  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    }
    for (const child of children) element.append(...(typeof child === "string" ? rich(child) : [child]));
    return element;
  }

  function rich(text) {
    return text.split("`").map((part, i) => {
      if (i % 2 === 0) return document.createTextNode(part);
      const code = document.createElement("code");
      code.textContent = part;
      return code;
    });
  }

  /* The same order for everybody and every visit, and not the author's, who tends to write the right one first. */
  function shuffled(count, seed) {
    let state = 2166136261;
    for (const char of seed) state = Math.imul(state ^ char.codePointAt(0), 16777619) >>> 0;
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0;
      const j = ((state ^ (state >>> 13)) >>> 0) % (i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  /* "0,5", "1e-3" and "2/5" are numbers too. */
  function toNumber(text) {
    const parts = text.trim().replace(",", ".").split("/").map((part) => (part.trim() === "" ? NaN : Number(part)));
    if (parts.length > 2) return NaN;
    return parts.length === 2 ? parts[0] / parts[1] : parts[0];
  }

  function isRight(question, given) {
    if (question.kind === "number") return Math.abs(toNumber(given) - question.answer) <= question.tolerance + 1e-12;
    return question.choices.every((choice, i) => choice.correct === given.includes(i));
  }

  function choiceField(question, name, i) {
    const id = name + "-" + i;
    const input = make("input", { type: question.kind === "single" ? "radio" : "checkbox", name: name, id: id, value: String(i) });
    const why = make("p", { class: "quiz-why", hidden: true });
    const label = make("label", { for: id }, question.choices[i].text);
    return make("div", { class: "quiz-choice" }, input, make("div", { class: "quiz-choice-text" }, label, why));
  }

  function numberField(question, name) {
    const input = make("input", { type: "text", inputmode: "decimal", id: name + "-n", autocomplete: "off", class: "quiz-number" });
    const why = make("p", { class: "quiz-why", hidden: true });
    return make("div", { class: "quiz-choice" }, make("div", { class: "quiz-choice-text" }, make("label", { for: name + "-n" }, "Your number"), input, why));
  }

  function given(form, question) {
    if (question.kind === "number") return form.querySelector(".quiz-number").value;
    return [...form.querySelectorAll("input:checked")].map((input) => Number(input.value));
  }

  function restore(form, question, answer) {
    if (question.kind === "number") {
      form.querySelector(".quiz-number").value = answer.given;
    } else {
      form.querySelectorAll("input").forEach((input) => (input.checked = answer.given.includes(Number(input.value))));
    }
  }

  function explain(form, question, picked) {
    form.querySelectorAll(".quiz-choice").forEach((row) => {
      const input = row.querySelector("input");
      const why = row.querySelector(".quiz-why");
      if (question.kind === "number") {
        why.replaceChildren(...rich(question.why + " (Answer: " + question.answer + (question.tolerance ? ", ± " + question.tolerance : "") + ".)"));
      } else {
        const choice = question.choices[Number(input.value)];
        row.classList.toggle("quiz-right", choice.correct);
        row.classList.toggle("quiz-wrong", !choice.correct);
        row.classList.toggle("quiz-picked", picked.includes(Number(input.value)));
        why.replaceChildren(make("strong", {}, choice.correct ? "Right. " : "Not so. "), ...rich(choice.why));
      }
      why.hidden = false;
      input.disabled = true;
    });
  }

  function clear(form) {
    form.querySelectorAll(".quiz-choice").forEach((row) => {
      row.classList.remove("quiz-right", "quiz-wrong", "quiz-picked");
      row.querySelector(".quiz-why").hidden = true;
      const input = row.querySelector("input");
      input.disabled = false;
      if (input.type === "text") input.value = "";
      else input.checked = false;
    });
  }

  function questionForm(question, number, quiz) {
    const name = "q-" + quiz.name + "-" + question.id;
    const order = question.kind === "number" ? [] : shuffled(question.choices.length, question.id);
    const rows = question.kind === "number" ? [numberField(question, name)] : order.map((i) => choiceField(question, name, i));
    const hint = { single: "Choose one.", multiple: "Choose all that hold.", number: "Type a number; 2/5 works too." }[question.kind];
    const verdict = make("p", { class: "quiz-verdict", role: "status", "aria-live": "polite" });
    const check = make("button", { type: "submit", class: "quiz-button" }, "Check");
    const again = make("button", { type: "button", class: "quiz-button quiz-quiet", hidden: true }, "Try again");
    const legend = make("legend", {}, make("span", { class: "quiz-concept" }, number + " · " + question.concept), make("span", { class: "quiz-question" }, question.question), make("span", { class: "quiz-hint" }, hint));
    const form = make("form", { class: "quiz-item", novalidate: true }, make("fieldset", {}, legend, ...rows), make("div", { class: "quiz-actions" }, check, again, verdict));

    function settle(answer) {
      explain(form, question, answer.given);
      form.dataset.state = answer.right ? "right" : "wrong";
      verdict.textContent = answer.right ? "Right." : "Not yet. The reasons stand beside each choice.".replace("beside each choice", question.kind === "number" ? "above" : "beside each choice");
      check.hidden = true;
      again.hidden = false;
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const picked = given(form, question);
      const empty = question.kind === "number" ? Number.isNaN(toNumber(picked)) : picked.length === 0;
      if (empty) {
        verdict.textContent = question.kind === "number" ? "That is not a number yet." : "Choose an answer first.";
        return;
      }
      const answer = { given: picked, right: isRight(question, picked) };
      quiz.answers[question.id] = answer;
      settle(answer);
      again.focus();
      quiz.changed();
    });
    again.addEventListener("click", () => {
      clear(form);
      delete form.dataset.state;
      delete quiz.answers[question.id];
      verdict.textContent = "";
      check.hidden = false;
      again.hidden = true;
      form.querySelector("input").focus();
      quiz.changed();
    });
    return {
      form: form,
      show: (answer) => { restore(form, question, answer); settle(answer); },
      reset: () => { clear(form); delete form.dataset.state; verdict.textContent = ""; check.hidden = false; again.hidden = true; },
    };
  }

  function mount(section) {
    const spec = JSON.parse(section.querySelector(".quiz-spec").textContent);
    const stored = (readStore().quizzes || {})[spec.name];
    const quiz = { name: spec.name, answers: Object.assign({}, stored && stored.answers), changed: changed };
    const known = new Set(spec.questions.map((q) => q.id));
    for (const id of Object.keys(quiz.answers)) if (!known.has(id)) delete quiz.answers[id];
    const bar = make("div", { class: "quiz-bar", "aria-hidden": "true" }, ...spec.questions.map(() => make("i", {})));
    const score = make("p", { class: "quiz-score", role: "status", "aria-live": "polite" });
    const over = make("button", { type: "button", class: "quiz-button quiz-quiet" }, "Start over");
    const items = spec.questions.map((question, i) => questionForm(question, i + 1, quiz));

    function drawScore() {
      const answers = Object.values(quiz.answers);
      const right = answers.filter((a) => a.right).length;
      score.textContent = answers.length === 0 ? spec.questions.length + " questions. Every choice is explained once you answer." :
        right + " of " + spec.questions.length + " right" + (answers.length < spec.questions.length ? ", " + (spec.questions.length - answers.length) + " to go." : ".");
      over.hidden = answers.length === 0;
      spec.questions.forEach((q, i) => {
        const answer = quiz.answers[q.id];
        bar.children[i].className = answer ? (answer.right ? "quiz-right" : "quiz-wrong") : "";
      });
    }
    function changed() {
      drawScore();
      saveAnswers(spec.name, spec.questions.length, quiz.answers);
    }
    over.addEventListener("click", () => {
      quiz.answers = {};
      items.forEach((item) => item.reset());
      changed();
      items[0].form.querySelector("input").focus();
    });
    const waiting = section.querySelector(".quiz-waiting, noscript");
    if (waiting) waiting.remove();
    section.append(make("div", { class: "quiz-head" }, bar, score, over), ...items.map((item) => item.form));
    spec.questions.forEach((question, i) => {
      const answer = quiz.answers[question.id];
      const fits = answer && (question.kind === "number" ? typeof answer.given === "string" : Array.isArray(answer.given));
      if (fits) items[i].show({ given: answer.given, right: isRight(question, answer.given) });
      else delete quiz.answers[question.id];
    });
    drawScore();
  }

  function mountAll() {
    document.querySelectorAll("section.quiz:not([data-ready])").forEach((section) => {
      section.dataset.ready = "";
      mount(section);
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mountAll);
  else mountAll();
})();
