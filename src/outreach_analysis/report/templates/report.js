(function () {
  "use strict";
  var layers = document.getElementById("map-layers"), map = document.getElementById("main-map");
  var form = document.getElementById("choose-plan"), data = document.getElementById("plans-to-choose");
  function belongs(names, layer) { return !names || names.split(" ").includes(layer); }
  function only(within, layer) {
    within.querySelectorAll("[data-layer]").forEach(function (part) {
      part.toggleAttribute("hidden", !belongs(part.dataset.layer, layer));
    });
  }
  if (layers && map) {
    layers.hidden = false;
    layers.addEventListener("change", function () {
      only(map, new FormData(layers).get("layer"));
    });
  }
  if (!form || !data) { return; }
  var choices = JSON.parse(data.textContent), shown = document.getElementById("chosen-plan");
  var areas = shown.querySelectorAll("svg use");
  function part(name) { return shown.querySelector("[data-part=" + name + "]"); }
  function element(name, text, attributes) {
    var made = document.createElement(name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    made.textContent = text;
    return made;
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
      area.setAttribute("fill", choices.colours[class_]);
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
