// paced gives a function that asks for draw to be called with a coming frame, however often it is asked, and
// leaves at least pause milliseconds between two calls.
export function paced(draw, pause = 0) {
  let frame = 0;
  let last = -Infinity;
  function tick(now) {
    frame = 0;
    if (now - last < pause) {
      ask();
    } else {
      last = now;
      draw();
    }
  }
  function ask() {
    frame ||= requestAnimationFrame(tick);
  }
  return ask;
}
