import { describe, expect, it } from '@jest/globals';
import { misplacedSecretsIn, type SeenText } from './misplaced-secret.js';
import { isMasked, redactHeader, redactPath, redactQuery } from './redaction.js';
import { newSecret } from './secret-format.js';

const secret = newSecret('lk', 'production');
const other = newSecret('abc1', 'qa');
const encoded = [...secret].map((char) => `%${char.charCodeAt(0).toString(16)}`).join('');

type Text = SeenText & { readonly kept?: string | null };

const inQuery = (raw: string): Text => ({ place: 'query', raw, kept: redactQuery(raw) });
const inPath = (raw: string): Text => ({ place: 'path', raw, kept: redactPath(raw) });
/** As doors do it: what nothing was masked in is not looked at. */
const found = ({ kept, ...text }: Text) =>
  misplacedSecretsIn(kept === undefined || isMasked(kept) ? [text] : [], []).map(
    ({ secret: one }) => one,
  );

describe('misplacedSecretsIn', () => {
  it.each<[what: string, text: Text, secrets: string[]]>([
    ['in a segment of the path', inPath(`/keys/${secret}/x`), [secret]],
    ['two of them', inPath(`/${secret}/${other}`), [secret, other]],
    ['one of them twice', inPath(`/${secret}/${secret}`), [secret]],
    ['percent-encoded', inPath(`/${encoded}`), [secret]],
    ['percent-encoded twice', inPath(`/${encoded.replaceAll('%', '%25')}`), [secret]],
    ['in another parameter', inQuery(`a=1&token=${secret}`), [secret]],
    ['as the name of a parameter', inQuery(`${secret}=1`), [secret]],
    ['behind another hapikey', inQuery(`next=/a?hapikey=${secret}`), [secret]],
    ['as hapikey, where it belongs', inQuery(`hapikey=${secret}&a=1`), []],
    ['as hapikey in another spelling', inQuery(`hap%69key=${secret}`), []],
    ['with another checksum', inPath(`/${secret.slice(0, -1)}${secret.endsWith('0') ? '1' : '0'}`), []],
    ['cut short', inPath(`/${secret.slice(0, -1)}`), []],
    ['nothing', inPath('/contacts'), []],
    ['of what is not kept', { place: 'referer', raw: `https://x/?k=${secret}` }, [secret]],
    ['in a header', { place: 'user_agent', raw: `curl ${secret}`, kept: redactHeader(`curl ${secret}`) }, [secret]],
  ])('%s', (_what, text, secrets) => {
    expect(found(text)).toEqual(secrets);
  }); // prettier-ignore

  it('in the name of a header, whatever its value is', () => {
    const headers = ['Host', secret, `X-${other}`, '1', 'a'.repeat(60), '2'];
    expect(misplacedSecretsIn([], headers)).toEqual([{ place: 'header_name', secret: other }]);
  });
});
