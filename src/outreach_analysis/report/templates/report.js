(function () {
  "use strict";
  // --- What an address leads to is opened, however it is folded away.
  function reveal() {
    var to = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1))), fold = to;
    if (!to) { return; }
    while (fold) { if (fold.tagName === "DETAILS") { fold.open = true; } fold = fold.parentElement; }
    to.scrollIntoView();
  }
  window.addEventListener("hashchange", reveal);
  document.addEventListener("click", function (event) {
    if (event.target.closest("a[href^='#']:not(.term)")) { setTimeout(reveal); }
  });
  reveal();

  // --- The summary to copy.
  var copy = document.getElementById("copy"), summary = document.getElementById("summary");
  if (copy) {
    copy.hidden = false;
    copy.addEventListener("click", function () {
      var range = document.createRange();
      range.selectNodeContents(summary);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      // the older way works in a file as well, where the newer one may be refused
      if (document.execCommand("copy")) { copy.textContent = copy.dataset.done; }
    });
  }

  // --- A term says what it means where it stands; Escape, or a tap elsewhere, leads back to it.
  var gloss = document.createElement("div"), asked = null;
  if (gloss.showPopover) {
    gloss.className = "gloss";
    gloss.popover = "auto";
    gloss.tabIndex = -1;
    gloss.setAttribute("role", "dialog");
    document.querySelector("main").append(gloss);
    document.querySelectorAll("a.term").forEach(function (term) { term.setAttribute("aria-haspopup", "dialog"); });
    document.addEventListener("click", function (event) {
      var term = event.target.closest("a.term"), at, name;
      if (!term) { return; }
      event.preventDefault();
      at = term.getClientRects()[0];
      name = document.createElement("b");
      name.textContent = term.textContent;
      gloss.setAttribute("aria-label", term.textContent);
      gloss.replaceChildren(name, term.title);
      gloss.showPopover();
      gloss.style.left = Math.max(8, Math.min(at.left, window.innerWidth - gloss.offsetWidth - 8)) + "px";
      gloss.style.top = (at.bottom + gloss.offsetHeight + 8 > window.innerHeight ? at.top - gloss.offsetHeight - 6 : at.bottom + 6) + "px";
      asked = term;
      gloss.focus();
    });
    gloss.addEventListener("toggle", function (event) {
      if (event.newState === "closed" && asked) { asked.focus({ preventScroll: true }); asked = null; }
    });
  }

  // --- Maps come nearer: by buttons, by two fingers, and are moved by one once they are near.
  document.querySelectorAll("#main-map .pair > :first-child svg.map").forEach(function (map) {
    var whole = map.viewBox.baseVal, all = { x: whole.x, y: whole.y, w: whole.width, h: whole.height };
    var now = { x: all.x, y: all.y, w: all.w, h: all.h }, fingers = new Map(), box = document.createElement("div");
    function apply(x, y, w) {
      now.w = Math.min(all.w, Math.max(all.w / 8, w));
      now.h = all.h * now.w / all.w;
      now.x = Math.min(all.x + all.w - now.w, Math.max(all.x, x));
      now.y = Math.min(all.y + all.h - now.h, Math.max(all.y, y));
      map.setAttribute("viewBox", [now.x, now.y, now.w, now.h].join(" "));
      map.style.setProperty("--less", now.w / all.w);
      map.style.touchAction = now.w < all.w ? "none" : "pan-y";
    }
    function closer(by, atX, atY) { apply(now.x + (now.w - now.w / by) * atX, now.y + (now.h - now.h / by) * atY, now.w / by); }
    function spread() { var two = Array.from(fingers.values()); return Math.hypot(two[0].x - two[1].x, two[0].y - two[1].y); }
    box.className = "zoomed";
    map.replaceWith(box);
    box.append(map);
    var buttons = document.createElement("div"), words = document.getElementById("main-map").dataset;
    buttons.className = "zoom screen";
    [["+", words.closer, 1.6], ["−", words.farther, 1 / 1.6]].forEach(function (each) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = each[0];
      button.setAttribute("aria-label", each[1]);
      button.addEventListener("click", function () { closer(each[2], 0.5, 0.5); });
      buttons.append(button);
    });
    box.append(buttons);
    map.addEventListener("pointerdown", function (event) { fingers.set(event.pointerId, { x: event.clientX, y: event.clientY }); });
    window.addEventListener("pointermove", function (event) {
      var was = fingers.get(event.pointerId), scale = now.w / map.clientWidth, before, at;
      if (!was) { return; }
      before = fingers.size === 2 ? spread() : 0;
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (before) {
        at = map.getBoundingClientRect();
        closer(spread() / before, (event.clientX - at.left) / at.width, (event.clientY - at.top) / at.height);
      } else if (now.w < all.w) { apply(now.x - (event.clientX - was.x) * scale, now.y - (event.clientY - was.y) * scale, now.w); }
    });
    ["pointerup", "pointercancel"].forEach(function (end) {
      window.addEventListener(end, function (event) { fingers.delete(event.pointerId); });
    });
  });

  // --- Plans to try out.
  var form = document.getElementById("choose-plan"), data = document.getElementById("plans-to-choose");
  if (!form || !data) { return; }
  var choices = JSON.parse(data.textContent), shown = document.getElementById("chosen-plan");
  var areas = shown.querySelectorAll("svg use.area");
  function part(name) { return shown.querySelector("[data-part=" + name + "]"); }
  function element(name, text, attributes) {
    var made = document.createElement(name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    made.textContent = text;
    return made;
  }
  function fill(colour) {
    var made = shown.querySelector("pattern[data-for='" + colour + "']");
    return made ? "url(#" + made.id + ")" : colour;
  }
  function row(cells) {
    var heads = shown.querySelectorAll("thead th"), made = document.createElement("tr");
    cells.forEach(function (text, n) {
      made.append(n ? element("td", text, { "data-label": heads[n].textContent, "class": heads[n].className }) : element("th", text, { scope: "row" }));
    });
    return made;
  }
  function show() {
    var chosen = new FormData(form), name = chosen.get("events") + "-" + chosen.get("weight"), plan = choices.plans[name];
    part("title").textContent = plan.title;
    shown.querySelector("svg.map").setAttribute("aria-label", plan.alt);
    part("told").replaceChildren.apply(part("told"), plan.told.map(function (text) { return element("p", text, {}); }));
    shown.querySelector("tbody").replaceChildren.apply(shown.querySelector("tbody"), plan.rows.map(row));
    areas.forEach(function (area, n) {
      var class_ = Number(plan.classes[n]);
      area.setAttribute("fill", fill(choices.colours[class_]));
      area.dataset.said = choices.names[n] + ": " + choices.classes[class_];
    });
    shown.querySelectorAll("svg g[data-layer]").forEach(function (marks) {
      if (!marks.querySelector("use")) { marks.toggleAttribute("hidden", marks.dataset.layer !== name); }
    });
  }
  form.hidden = false;
  form.addEventListener("change", function () { form.closest("section").classList.add("chosen"); show(); });
  show();
}());
