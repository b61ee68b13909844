// One Tab stop for a list of buttons: within it the arrow keys, Home and End move the focus.

const KEYS = ["ArrowDown", "ArrowUp", "Home", "End"];

/** Let a list have one Tab stop; call the returned function whenever its buttons have changed.
 * @param {HTMLElement} list @returns {() => void} */
export function rove(list) {
  let current = /** @type {HTMLElement|null} */ (null);
  const listButtons = () =>
    /** @type {HTMLElement[]} */ ([...list.querySelectorAll("button")]).filter((found) => found.checkVisibility());

  function update() {
    const buttons = listButtons();
    if (current === null || !buttons.includes(current)) current = buttons[0] ?? null;
    for (const found of buttons) found.tabIndex = found === current ? 0 : -1;
  }

  list.addEventListener("focusin", (event) => {
    current = /** @type {HTMLElement} */ (event.target);
    update();
  });
  list.addEventListener("keydown", (event) => {
    if (!KEYS.includes(event.key)) return;
    const buttons = listButtons();
    const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (at < 0) return;
    event.preventDefault();
    const last = buttons.length - 1;
    const to = { ArrowDown: Math.min(last, at + 1), ArrowUp: Math.max(0, at - 1), Home: 0, End: last }[event.key] ?? at;
    buttons[to].focus();
  });
  return update;
}
