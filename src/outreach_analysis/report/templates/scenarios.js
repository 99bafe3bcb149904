(function () {
  "use strict";
  var form = document.getElementById("choose-plan"), data = document.getElementById("plans-to-choose");
  if (!form || !data) { return; }
  var choices = JSON.parse(data.textContent), shown = document.getElementById("chosen-plan");
  var SVG = "http://www.w3.org/2000/svg";
  function part(name) { return shown.querySelector("[data-part=" + name + "]"); }
  function element(name, text, attributes, space) {
    var made = space ? document.createElementNS(space, name) : document.createElement(name);
    Object.keys(attributes || {}).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    if (text !== undefined) { made.textContent = text; }
    return made;
  }
  function mark(place) {
    var group = element("g", undefined, { "class": "candidate" }, SVG);
    group.append(element("title", place[5], {}, SVG), element("circle", undefined, { cx: place[0], cy: place[1], r: 8 }, SVG),
      element("text", place[4], { x: place[0], y: (place[1] + 3.6).toFixed(1) }, SVG));
    return group;
  }
  function moved(place) { return place[0] !== place[2] || place[1] !== place[3]; }
  function lead(place) {
    return element("line", undefined, { x1: place[2], y1: place[3], x2: place[0], y2: place[1], "class": "lead" }, SVG);
  }
  function row(cells) {
    var heads = shown.querySelectorAll("thead th"), made = element("tr");
    cells.forEach(function (text, n) {
      made.append(n ? element("td", text, { "data-label": heads[n].textContent, "class": heads[n].className }) : element("th", text, { scope: "row" }));
    });
    return made;
  }
  function show() {
    var chosen = new FormData(form), plan = choices.plans[chosen.get("events") + " " + chosen.get("weight")];
    part("title").textContent = plan.title;
    shown.querySelector("svg.map").setAttribute("aria-label", plan.alt);
    part("told").replaceChildren.apply(part("told"), plan.told.map(function (text) { return element("p", text); }));
    var body = shown.querySelector("tbody"), marks = part("marks");
    body.replaceChildren.apply(body, plan.rows.map(row));
    Array.from(part("areas").children).forEach(function (area, n) {
      var class_ = Number(plan.classes[n]);
      area.setAttribute("fill", choices.colours[class_]);
      area.firstElementChild.textContent = choices.names[n] + ": " + choices.classes[class_];
    });
    marks.replaceChildren.apply(marks, plan.marks.filter(moved).map(lead).concat(plan.marks.map(mark)));
  }
  form.hidden = false;
  form.addEventListener("change", function () { form.closest("section").classList.add("chosen"); show(); });
  show();
}());
