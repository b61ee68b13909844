// One Tab stop for a list of buttons: within it the arrow keys, Home and End move the focus.

const FORWARD = ["ArrowDown", "ArrowRight"];
const BACK = ["ArrowUp", "ArrowLeft"];

/** Let a list have one Tab stop; call the returned function whenever its buttons have changed.
 * @param {HTMLElement} list @param {string} [selector] what counts as a button @returns {() => void} */
export function rove(list, selector = "button") {
  let current = /** @type {HTMLElement|null} */ (null);
  const listButtons = () =>
    /** @type {HTMLElement[]} */ ([...list.querySelectorAll(selector)]).filter((found) => found.checkVisibility());

  function update() {
    const buttons = listButtons();
    if (current === null || !buttons.includes(current)) current = buttons[0] ?? null;
    for (const found of buttons) found.tabIndex = found === current ? 0 : -1;
  }

  list.addEventListener("focusin", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches(selector)) current = target;
    update();
  });
  list.addEventListener("keydown", (event) => {
    const buttons = listButtons();
    const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (at < 0) return;
    const last = buttons.length - 1;
    const to = FORWARD.includes(event.key)
      ? Math.min(last, at + 1)
      : BACK.includes(event.key)
        ? Math.max(0, at - 1)
        : { Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    buttons[to].focus();
  });
  return update;
}
