(function () {
  "use strict";
  var buttons = document.querySelectorAll("button[data-figure]"), loaded;
  if (!("DecompressionStream" in window)) { return; }
  function unpack(id) {
    var packed = atob(document.getElementById(id).textContent.trim());
    var bytes = Uint8Array.from(packed, function (c) { return c.charCodeAt(0); });
    var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }
  function load() {
    loaded = loaded || Promise.all([unpack("plotly-code"), unpack("figures")]).then(function (parts) {
      var script = document.createElement("script");
      script.textContent = parts[0];
      document.head.appendChild(script);
      return JSON.parse(parts[1]);
    });
    return loaded;
  }
  function draw(target, packed, name) {
    var figure = packed.figures[name];
    figure.data.forEach(function (trace) {
      if (typeof trace.geojson === "number") { trace.geojson = packed.outlines[trace.geojson]; }
    });
    target.hidden = false;
    target.setAttribute("role", "group");
    target.setAttribute("aria-label", figure.layout.meta.alt);
    if (figure.layout.title && figure.layout.title.text) {
      figure.layout.title = undefined;
      figure.layout.margin = Object.assign({}, figure.layout.margin, { t: 24 });
    }
    var axis = figure.layout.yaxis;
    if (axis && axis.automargin && axis.ticktext && target.clientWidth < 520) {
      axis.showticklabels = axis.automargin = false;
      figure.layout.annotations = axis.ticktext.map(function (text, n) {
        return { text: text, xref: "paper", x: 0, xanchor: "left", y: axis.tickvals[n], yshift: 14, showarrow: false };
      });
    }
    return window.Plotly.newPlot(target, figure.data, figure.layout, packed.config);
  }
  function follow(target, controls) {
    controls.hidden = false;
    controls.addEventListener("change", function () {
      var chosen = new FormData(controls), layer = chosen.get("layer"), places = chosen.getAll("places");
      var visible = target.data.map(function (trace) {
        return trace.meta.layer ? trace.meta.layer === layer : places.includes(trace.meta.places);
      });
      controls.querySelectorAll("[data-layer]").forEach(function (told) { told.hidden = told.dataset.layer !== layer; });
      window.Plotly.restyle(target, { visible: visible });
    });
  }
  buttons.forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var name = button.dataset.figure, target = document.getElementById(button.getAttribute("aria-controls"));
      var controls = document.getElementById(name + "-layers"), still = target.previousElementSibling;
      button.disabled = true;
      button.textContent = button.dataset.wait;
      load().then(function (packed) { return draw(target, packed, name); }).then(function () {
        button.hidden = true;
        if (controls) { follow(target, controls); }
        if (target.classList.contains("instead") && still) { still.classList.add("replaced"); }
        document.body.dataset[name] = "drawn";
      });
    });
  });
}());
