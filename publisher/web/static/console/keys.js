// The keyboard: g and a letter lead to a page, / to the search, ? says so. Never while somebody types.
(() => {
  'use strict';
  const PATIENCE = 1500; // milliseconds between g and its letter
  const dialog = document.getElementById('keys');
  let wentAt = -Infinity;

  const isTyping = (at) => at.closest && (at.closest('input, textarea, select, dialog, [role="textbox"]') || at.isContentEditable);

  const search = () => [...document.querySelectorAll('main :is([role="search"], .filters, form[method="get"]) input, main [type="search"]')]
    .find((each) => each.type !== 'hidden' && each.offsetParent);

  const goTo = (key) => {
    const link = document.querySelector(`nav a[data-key="${CSS.escape(key)}"]`);
    if (link) location.assign(link.href);
    return Boolean(link);
  };

  const press = (event) => {
    const isSecond = event.timeStamp - wentAt < PATIENCE;
    wentAt = -Infinity;
    if (isSecond) return goTo(event.key);
    if (event.key === 'g') { wentAt = event.timeStamp; return true; }
    if (event.key === '/' && search()) { search().focus(); return true; }
    if (event.key === '?' && dialog) { dialog.showModal(); return true; }
    return false;
  };

  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (event.key === 'Shift' || isTyping(event.target)) return;
    if (press(event)) event.preventDefault();
  });
})();
