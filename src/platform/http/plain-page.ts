import { createHash } from 'node:crypto';

const plainStyle = `
:root { color-scheme: light dark; }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 1.75rem 0 .25rem; }
p { margin: .25rem 0; }
.status { opacity: .75; }
ul { padding-left: 1.25rem; }
`;

/** Pages that look alike. What comes from outside is escaped in all that they are given. */
export interface Pages {
  /** They run nothing and load nothing, and only their own style applies. */
  readonly headers: Readonly<Record<string, string>>;
  /** Up to where the body's text begins. */
  start(title: string): string;
  readonly end: string;
}

export function pagesStyled(style: string): Pages {
  const digest = createHash('sha256').update(style).digest('base64');
  return {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${digest}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
      'X-Content-Type-Options': 'nosniff',
    },
    start: (title) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Latchkey</title>
<style>${style}</style>
</head>
<body>
`,
    end: `
</body>
</html>
`,
  };
}

const plain = pagesStyled(plainStyle);

/** Of a page that is the same for everybody. */
export const pageHeaders = { ...plain.headers, 'Cache-Control': 'public, max-age=3600' };

export function page(title: string, body: string): string {
  return plain.start(title) + body + plain.end;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
