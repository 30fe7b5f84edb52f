import type { Target } from '../cluster/target.ts';
import type { Finding } from '../findings/register.ts';
import type { Fetched } from './fetch-as-ca.ts';

export type Answered = Extract<Fetched, { readonly status: number }>;

const LOGIN =
  /(?:^|[./_-])(?:auth|authorize|cas|login|oauth2?|saml2?|signin|sign-in|sso|wp-login)(?:[./_?-]|$)/i;
/** How web servers call their own page. */
const OWN_404 = /^(?:404 )?(?:- )?not found$|^$/i;

/** Which line of a web server's configuration is likely to give such an answer; null for a body that is no page. */
export function explainAnswer(answered: Answered, { httpPort, isBehindProxy }: Target): Finding | null {
  const { status, url, isRedirected } = answered;
  const server = answered.server.slice(0, 40).replace(/[^\x20-\x7e]/g, '?');
  const answerer = { server, origin: isRedirected ? url.origin : null };
  const title = titleOf(answered);
  const to = shortUrl(url);
  if (isRedirected && isLogin(url, status)) return { code: 'redirected-to-login', to, status };
  switch (status) {
    case 200:
      if (title === null) return null;
      if (isRedirected) return { code: 'redirected-to-page', to, title };
      return { code: 'page-instead-of-token', title, ...answerer };
    case 400:
      if (isBehindProxy && !isRedirected)
        return { code: 'proxy-header-refused', port: httpPort, ...answerer };
      return { code: 'unexpected-status', status, ...answerer };
    case 401:
      return { code: 'token-behind-password', ...answerer };
    case 403:
      return { code: 'token-forbidden', ...answerer };
    case 404:
      if (title === null || OWN_404.test(title)) return { code: 'token-not-found', ...answerer };
      return { code: 'other-site-answers', title, ...answerer };
    default:
      return { code: 'unexpected-status', status, ...answerer };
  }
}

export function shortened(text: string): string {
  return text.length > 24 ? `${text.slice(0, 24)}…` : text;
}

function isLogin({ hostname, pathname }: URL, status: number): boolean {
  return status === 401 || LOGIN.test(hostname) || LOGIN.test(pathname);
}

/** The title of a page, or its beginning where it has none; null for what is no page. */
function titleOf({ body, type }: Answered): string | null {
  const text = body.toString('utf8').trim();
  const isPage =
    /^<(?:!doctype html|html|head|body)\b/i.test(text) || (type === 'text/html' && text.startsWith('<'));
  if (!isPage && type !== 'application/json') return null;
  const [, title] = /<title[^>]*>([^<]*)/i.exec(text) ?? [];
  return shortened((title ?? (isPage ? '' : text)).replaceAll(/\s+/g, ' ').trim());
}

/** Without what is behind the path: it may be long, and the redirect's own. */
function shortUrl({ origin, pathname }: URL): string {
  return `${origin}${shortened(pathname)}`;
}
