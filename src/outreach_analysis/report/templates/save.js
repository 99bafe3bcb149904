(function () {
  "use strict";
  // --- Tables and figures to take along: made in the page, of what it shows. Each names its office and its day, and
  // says that its people are invented where they are.
  var SVG = "http://www.w3.org/2000/svg", FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif", TIMES = 3;
  function text(of) { return of ? of.textContent.replace(/\s+/g, " ").trim() : ""; }
  var marks = Array.from(document.querySelectorAll(".banner"), text);
  var source = [text(document.querySelector(".masthead strong")), text(document.querySelector(".dates"))].concat(marks).join(" · ");
  function seen(element) { return element.getClientRects().length > 0; }
  function save(content, name, ending) {
    var link = document.createElement("a"), plain = marks.concat(name).join(" ").normalize("NFKD").toLowerCase();
    link.href = URL.createObjectURL(content);
    link.download = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 80) + ending;
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
  }
  function button(label, name, pressed) {
    var made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.setAttribute("aria-label", label + ": " + name);
    made.addEventListener("click", pressed);
    return made;
  }
  function offer(where, buttons) {
    var box = document.createElement("div");
    box.className = "save screen";
    buttons.forEach(function (each) { box.append(each); });
    where.classList.add("saved");
    where.append(box);
  }

  // --- Tables: semicolons and a mark of UTF-8, as a spreadsheet in Indonesian expects them; no cell is a formula.
  function cell(of) {
    var said = text(of).replace(/^−(?=\d)/, "-");
    if (/^[\p{Cc}\p{Cf}\p{Z}\p{Mn}]*[=@+-]/u.test(said) && !/^[+-]?\d[\d.,]*%?$/.test(said)) { said = "'" + said; }
    return /[";\n]/.test(said) ? '"' + said.replace(/"/g, '""') + '"' : said;
  }
  document.querySelectorAll(".scroll").forEach(function (box) {
    var table = box.querySelector("table"), outer = document.createElement("div");
    box.replaceWith(outer);
    outer.append(box);
    offer(outer, [button("CSV", text(table.caption), function () {
      var lines = Array.from(table.rows, function (row) { return Array.from(row.cells, cell).join(";"); });
      var told = document.createElement("p");
      told.textContent = text(table.caption) + " · " + source;
      save(new Blob(["\ufeff" + lines.concat("", cell(told)).join("\r\n") + "\r\n"], { type: "text/csv;charset=utf-8" }), text(table.caption), ".csv");
    })]);
  });

  // --- Figures: the drawing that is shown, with its title, its legend and its source, and all it refers to.
  var ruler = document.createElement("canvas").getContext("2d");
  function wide(said, font) { ruler.font = font; return ruler.measureText(said).width; }
  function broken(said, font, width) {
    return said.split(" ").reduce(function (lines, word) {
      var longer = lines.length ? lines[lines.length - 1] + " " + word : word;
      if (lines.length && wide(longer, font) <= width) { lines[lines.length - 1] = longer; } else { lines.push(word); }
      return lines;
    }, []);
  }
  function part(parent, name, attributes, said) {
    var made = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    if (said) { made.textContent = said; }
    parent.append(made);
    return made;
  }
  function copied(drawing) {
    var copy = drawing.cloneNode(true), from = drawing.querySelectorAll("*"), to = Array.from(copy.querySelectorAll("*"));
    from.forEach(function (each, n) {
      if (getComputedStyle(each).display === "none" && !each.closest("defs")) { to[n].remove(); }
      to[n].removeAttribute("data-said");
    });
    ["tabindex", "class", "style", "role"].forEach(function (name) { copy.removeAttribute(name); });
    return copy;
  }
  function withReferences(root) {
    var held = new Set(), defs = part(root, "defs", {}), again = true;
    while (again) {
      again = false;
      Array.from(root.querySelectorAll("*")).forEach(function (each) {
        Array.from(each.attributes).forEach(function (attribute) {
          var found = /^#(.+)$|^url\(["']?#(.+?)["']?\)$/.exec(attribute.value), name = found && (found[1] || found[2]), to;
          if (!name || held.has(name) || /^aria/.test(attribute.name)) { return; }
          held.add(name);
          to = document.getElementById(name);
          if (to && !root.querySelector("#" + CSS.escape(name))) { defs.append(to.cloneNode(true)); again = true; }
        });
      });
    }
  }
  function composed(figure) {
    var drawing = Array.from(figure.querySelectorAll("svg.static")).find(seen), box = drawing.viewBox.baseVal;
    var pad = 12, width = Math.max(box.width, 360), inner = width - 2 * pad, y = pad;
    var root = document.createElementNS(SVG, "svg");
    part(root, "style", {}, ".mark, text { transform: scale(" + (drawing.style.getPropertyValue("--less") || 1) + "); transform-box: fill-box; transform-origin: center; }");
    function write(said, size, colour, weight) {
      broken(said, weight + " " + size + "px " + FONT, inner).forEach(function (line) {
        y += size * 1.3;
        part(root, "text", { x: pad, y: y, "font-size": size, "font-weight": weight, fill: colour, style: "transform: none" }, line);
      });
    }
    write(titled(figure), 15, "#1b1f24", 700);
    Array.from(figure.querySelectorAll("figcaption .statistic")).filter(seen).forEach(function (note) { write(text(note), 12, "#57606a", 400); });
    y += 8;
    var copy = copied(drawing), x = pad, ratio = inner / box.width;
    Object.entries({ x: pad, y: y, width: inner, height: box.height * ratio }).forEach(function (each) { copy.setAttribute(each[0], each[1]); });
    root.append(copy);
    y += box.height * ratio + 4;
    Array.from(figure.querySelectorAll(".legend li")).filter(seen).forEach(function (entry) {
      var needs = 22 + wide(text(entry), "12px " + FONT) + 14, swatch = entry.querySelector("svg").cloneNode(true);
      if (x === pad || x + needs > width - pad) { x = pad; y += 20; }
      Object.entries({ x: x, y: y - 12, width: 14, height: 14 }).forEach(function (each) { swatch.setAttribute(each[0], each[1]); });
      root.append(swatch);
      part(root, "text", { x: x + 20, y: y, "font-size": 12, fill: "#1b1f24", style: "transform: none" }, text(entry));
      x += needs;
    });
    y += 8;
    write(source, 11, "#57606a", 400);
    y += pad;
    withReferences(root);
    Object.entries({ xmlns: SVG, viewBox: "0 0 " + width + " " + y, width: width, height: y, "font-family": FONT }).forEach(function (each) { root.setAttribute(each[0], each[1]); });
    var paper = part(root, "rect", { width: "100%", height: "100%", fill: "#fff" });
    root.prepend(paper);
    return new XMLSerializer().serializeToString(root);
  }
  function titled(figure) { return text(Array.from(figure.querySelectorAll("figcaption .finding")).find(seen)); }
  function saveDrawing(figure) { save(new Blob([composed(figure)], { type: "image/svg+xml" }), titled(figure), ".svg"); }
  function savePicture(figure) {
    var image = new Image(), name = titled(figure);
    image.onload = function () {
      var canvas = document.createElement("canvas");
      canvas.width = image.width * TIMES;
      canvas.height = image.height * TIMES;
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(function (picture) { save(picture, name, ".png"); }, "image/png");
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(composed(figure));
  }
  document.querySelectorAll("figure").forEach(function (figure) {
    var name = text(figure.querySelector("figcaption .finding"));
    if (!figure.querySelector("svg.static")) { return; }
    offer(figure, [
      button("PNG", name, function () { savePicture(figure); }),
      button("SVG", name, function () { saveDrawing(figure); })
    ]);
  });
}());
