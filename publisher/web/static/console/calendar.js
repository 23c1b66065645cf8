// The calendar's keys: a link that names one (`data-turn`) is followed by it, unless somebody is typing, or after `g`.
(() => {
  'use strict';
  const links = document.querySelectorAll('a[data-turn]');
  if (!links.length) return;
  let before = '';
  document.addEventListener('keydown', (event) => {
    const isSecond = before === 'g';
    before = event.key;
    if (isSecond || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target.closest && event.target.closest('input, select, textarea, dialog, [contenteditable]')) return;
    const link = [...links].find((each) => each.dataset.turn === event.key);
    if (link) { event.preventDefault(); link.click(); }
  });
})();
