// One round through the views that have most to show: from the wish to what was asked for, as the page has it.

const filters = [
  ['calls that were denied', 'decision=denied', '40'],
  ['calls of a status', 'status=504', '504'],
  ['calls from an address', 'ip=11.0.1.7', '11.0.1.7'],
  ['calls from a network', 'ip=11.0.0.0%2F16', '11.0.'],
  ['calls to a path', 'path=%2Fcrm%2Fv3%2Fcontacts', '/crm/v3/contacts'],
  ['calls that hold a text', 'q=marketing', 'marketing'],
];

/** @returns what was done, and how long it took in milliseconds, or how large it was */
export async function lookRound(page, account) {
  const bytes = await countBytes(page);
  const taken = [];
  const timed = async (what, act, seen) => {
    const began = performance.now();
    await act();
    await seen();
    taken.push([`${what}, ms`, performance.now() - began]);
  };
  const open = (view) => () => page.goto(`${account}/${view}`, { waitUntil: 'commit' });
  const filter = (view) => () => page.evaluate(goTo, `${account}/${view}`);
  const rowsWith = (text) => () => page.waitForFunction(everyRowHas, text, { polling: 'raf' });
  const none = () => page.getByText('No key is like that').waitFor();

  await timed('the keys, by a browser that has seen nothing before', open('keys'), rowsWith(''));
  await page.waitForLoadState('networkidle');
  taken.push(['scripts and styles for that, KB as sent', (await bytes()) / 1024]);
  await timed('the keys, again', open('keys'), rowsWith(''));
  await timed('keys that are suspended', filter('keys?state=suspended'), none);
  await timed('all keys', filter('keys'), rowsWith(''));
  await timed('keys by a name', filter('keys?q=Key+1998'), rowsWith('Key 1998'));
  await timed('the request log', open('request-log'), rowsWith(''));
  for (const [what, query, has] of filters)
    await timed(what, filter(`request-log?${query}`), rowsWith(has));
  return taken;
}

/** In the page: what a link of the console does. */
function goTo(url) {
  window.history.pushState({}, '', url);
  window.dispatchEvent(new PopStateEvent('popstate'));
}

/** In the page. */
function everyRowHas(text) {
  const rows = [...document.querySelectorAll('tbody tr')];
  return rows.length > 0 && rows.every((row) => row.textContent.includes(text));
}

/** Counts what comes in scripts and styles from now on. */
async function countBytes(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const kinds = new Map();
  let bytes = 0;
  session.on('Network.responseReceived', ({ requestId, type }) => kinds.set(requestId, type));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (['Script', 'Stylesheet'].includes(kinds.get(requestId))) bytes += encodedDataLength;
  });
  return async () => bytes;
}
