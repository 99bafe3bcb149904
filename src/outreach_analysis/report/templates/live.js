(function () {
  "use strict";
  var figures = document.querySelectorAll("[data-figure]");
  if (!figures.length || !("DecompressionStream" in window) || window.innerWidth < 600) { return; }
  function unpack(id) {
    var packed = atob(document.getElementById(id).textContent.trim());
    var bytes = Uint8Array.from(packed, function (c) { return c.charCodeAt(0); });
    var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }
  function draw(place, figure) {
    var target = document.createElement("div");
    target.className = "moving";
    target.style.height = place.dataset.height + "px";
    place.appendChild(target);
    return window.Plotly.newPlot(target, figure.data, figure.layout, figure.config).then(function () {
      place.classList.add("live");
    });
  }
  var layers = document.getElementById("map-layers");
  if (layers) {
    layers.addEventListener("change", function () {
      var layer = new FormData(layers).get("layer");
      document.querySelectorAll("#main-map .moving").forEach(function (target) {
        var shown = target.data.map(function (trace) {
          return !trace.meta || !trace.meta.layer || trace.meta.layer.split(" ").includes(layer);
        });
        window.Plotly.restyle(target, { visible: shown });
      });
    });
  }
  Promise.all([unpack("plotly-code"), unpack("figures")]).then(function (parts) {
    var script = document.createElement("script");
    script.textContent = parts[0];
    document.head.appendChild(script);
    var all = JSON.parse(parts[1]), drawn = 0;
    var watcher = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting) { return; }
        watcher.unobserve(entry.target);
        draw(entry.target, all[entry.target.dataset.figure]).then(function () {
          drawn += 1;
          document.body.dataset.drawn = drawn;
        });
      });
    }, { rootMargin: "400px" });
    figures.forEach(function (place) { watcher.observe(place); });
  });
}());
