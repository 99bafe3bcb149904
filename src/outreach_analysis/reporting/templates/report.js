(function () {
  "use strict";
  var button = document.getElementById("open-map"), target = document.getElementById("interactive-map");
  if (!button || !("DecompressionStream" in window)) { return; }
  button.hidden = false;
  function unpack(id) {
    var packed = atob(document.getElementById(id).textContent.trim());
    var bytes = Uint8Array.from(packed, function (c) { return c.charCodeAt(0); });
    var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }
  button.addEventListener("click", function () {
    button.disabled = true;
    button.textContent = button.dataset.wait;
    Promise.all([unpack("plotly-code"), unpack("map-figure")]).then(function (parts) {
      var script = document.createElement("script");
      script.textContent = parts[0];
      document.head.appendChild(script);
      var figure = JSON.parse(parts[1]);
      target.hidden = false;
      return window.Plotly.newPlot(target, figure.data, figure.layout, figure.config);
    }).then(function () { button.hidden = true; document.body.dataset.map = "drawn"; });
  });
}());
