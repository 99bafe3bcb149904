(function () {
  "use strict";
  var REACH = 22, tip = document.createElement("div"), at = null;
  tip.className = "tip";
  tip.setAttribute("role", "status");
  document.body.append(tip);
  function hide() {
    tip.textContent = "";
    if (at) { at.classList.remove("pointed"); at = null; }
  }
  function middle(mark) {
    var box = mark.getBoundingClientRect();
    return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  }
  function show(mark, x, y) {
    if (mark !== at) { hide(); }
    at = mark;
    mark.classList.add("pointed");
    tip.textContent = mark.dataset.said;
    tip.style.left = Math.max(4, Math.min(x + 12, window.innerWidth - tip.offsetWidth - 4)) + "px";
    tip.style.top = (y + 16 + tip.offsetHeight > window.innerHeight ? y - tip.offsetHeight - 12 : y + 16) + "px";
  }
  function said(drawing) {
    return Array.from(drawing.querySelectorAll("[data-said]")).filter(function (mark) {
      return mark.dataset.said && mark.getClientRects().length;
    });
  }
  function nearest(drawing, event) {
    var under = event.target.closest("[data-said]"), best = null, least = REACH;
    said(drawing).forEach(function (mark) {
      if (mark.classList.contains("area")) { return; }
      var to = middle(mark), far = Math.hypot(to.x - event.clientX, to.y - event.clientY);
      if (far < least) { best = mark; least = far; }
    });
    return best || under;
  }
  function point(event) {
    var mark = nearest(event.currentTarget, event);
    if (mark) { show(mark, event.clientX, event.clientY); } else { hide(); }
  }
  document.querySelectorAll("svg.static").forEach(function (drawing) {
    drawing.querySelectorAll("title").forEach(function (title) {
      title.parentNode.dataset.said = title.textContent;
      title.remove();
    });
    if (!drawing.querySelector("[data-said]")) { return; }
    drawing.setAttribute("tabindex", "0");
    drawing.addEventListener("pointermove", point);
    drawing.addEventListener("click", point);
    drawing.addEventListener("pointerleave", function (event) { if (event.pointerType === "mouse") { hide(); } });
    drawing.addEventListener("blur", hide);
    drawing.addEventListener("keydown", function (event) {
      var step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key], marks = said(drawing), to;
      if (event.key === "Escape") { hide(); }
      if (!step || !marks.length) { return; }
      event.preventDefault();
      to = marks.indexOf(at);
      to = marks[to < 0 ? (step > 0 ? 0 : marks.length - 1) : (to + step + marks.length) % marks.length];
      show(to, middle(to).x, middle(to).y);
    });
  });
}());
