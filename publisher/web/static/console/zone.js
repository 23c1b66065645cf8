// Beside each time of the publication's clock the browser's own, where that shows another.
(() => {
  'use strict';
  const theirs = document.body.dataset.zone;
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!theirs || !own || own === theirs) return;
  const language = document.documentElement.lang || undefined;

  const clock = (timeZone) => {
    try {
      return new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'short', timeStyle: 'short' });
    } catch {
      return null; // a zone that this browser doesn't know
    }
  };

  const [there, here] = [clock(theirs), clock(own)];
  if (!there || !here) return;
  const day = new Intl.DateTimeFormat('en-GB', { timeZone: own, dateStyle: 'short' });
  const dayThere = new Intl.DateTimeFormat('en-GB', { timeZone: theirs, dateStyle: 'short' });
  const sameDay = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' });
  const otherDay = new Intl.DateTimeFormat(language, {
    weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' });

  const beside = (time) => {
    const moment = new Date(time.dateTime);
    if (time.dataset.beside || Number.isNaN(moment.valueOf())) return;
    time.dataset.beside = own;
    if (there.format(moment) === here.format(moment)) return;
    const small = document.createElement('small');
    small.className = 'beside';
    small.title = own;
    small.textContent = (day.format(moment) === dayThere.format(moment) ? sameDay : otherDay).format(moment);
    time.append(' ', small);
  };

  const all = (within) => within.querySelectorAll('time[datetime]').forEach(beside);
  all(document);
  document.addEventListener('part', (event) => all(event.detail));
})();
