// The calendar's keys: a link that names one (`data-key`) is followed by it, unless somebody is typing.
(() => {
  'use strict';
  const links = document.querySelectorAll('a[data-key]');
  if (!links.length) return;
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target.closest('input, select, textarea, [contenteditable]')) return;
    for (const link of links) if (link.dataset.key === event.key) link.click();
  });
})();
