// What somebody has typed and not sent is not lost without a word: the browser asks before the page is left, also where
// another form of it is sent. A form that says `data-unsent` holds, as it is, what was typed before and not taken.
(() => {
  'use strict';
  const TYPED = 'textarea:not([readonly], [hidden]), input:not([type]), input:is([type="text"], [type="email"], [type="url"], [type="search"])';
  let sent = null; // the form that is just being sent: what stands in it isn't lost

  const isUnsent = (form) => form !== sent && ('unsent' in form.dataset
    || [...form.querySelectorAll(TYPED)].some((each) => each.value !== each.defaultValue));

  document.addEventListener('submit', (event) => { if (!event.defaultPrevented) sent = event.target; });
  addEventListener('beforeunload', (event) => {
    if ([...document.querySelectorAll('form[method="post"]')].some(isUnsent)) event.preventDefault();
    sent = null; // whoever stays may do something else
  });
})();
