// What is told once can be copied by a button.
(function () {
  'use strict';
  document.querySelectorAll('[data-copies]').forEach(function (button) {
    const field = button.parentElement.querySelector('input');
    field.addEventListener('focus', function () { field.select(); });
    if (!navigator.clipboard) { return; }
    button.hidden = false;
    button.addEventListener('click', function () {
      navigator.clipboard.writeText(field.value).then(function () { button.textContent = field.dataset.copied; });
    });
  });
}());
