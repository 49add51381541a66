// A certified OpenID Provider (npm oidc-provider 9) as an upstream identity provider.
// PORT, ISSUER, REDIRECTS (comma separated) by environment. The built-in development pages ask for a
// login name (any password): "alice" signs in as sub=alice; see ACCOUNTS for the claims.
import { Provider } from 'oidc-provider';

const port = Number(process.env.PORT ?? 18001);
const issuer = process.env.ISSUER ?? `http://127.0.0.1:${port}`;
const redirects = process.env.REDIRECTS.split(',');
const logouts = redirects.map((u) => new URL('/', u).href);

const ACCOUNTS = {
  alice: { email: 'alice@example.test', email_verified: true, name: 'Alice Liddell' },
  alice2: { email: 'ALICE@example.test', email_verified: true, name: 'Alice again' },
  mallory: { email: 'alice@example.test', email_verified: false, name: 'Mallory' }, // same address, not verified
  nomail: { name: 'No Mail' },
  unicode: { email: 'zoë@exämple.test', email_verified: true, name: '周 Zoë' },
};

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'rp', client_secret: 'rp-secret', redirect_uris: redirects,
    post_logout_redirect_uris: logouts,
    grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
    backchannel_logout_uri: process.env.BACKCHANNEL || undefined,
    backchannel_logout_session_required: process.env.BACKCHANNEL ? true : undefined,
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'locale', 'picture'] },
  scopes: ['openid', 'offline_access', 'email', 'profile'],
  conformIdTokenClaims: process.env.FAT_ID_TOKEN ? false : true,
  features: {
    devInteractions: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    backchannelLogout: { enabled: true },
    revocation: { enabled: true },
    introspection: { enabled: true },
  },
  // 9.13 refuses to call special-use addresses (SSRF guard); on loopback that guard has to be left out
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  pkce: { required: () => process.env.PKCE === 'required' },
  cookies: { keys: ['test-only-key'] },
  ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 3600, Grant: 3600 },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, ...(ACCOUNTS[id] ?? { email: `${id}@example.test`, email_verified: true, name: id }) }),
  }),
});
provider.on('server_error', (_ctx, err) => console.error(err));
provider.on('backchannel.success', (_ctx, client, account) => console.log('back-channel logout accepted by', client.clientId, account));
provider.on('backchannel.error', (_ctx, err, client) => console.error('back-channel logout failed', client.clientId, err.message));
provider.listen(port, '127.0.0.1', () => console.log(`${issuer} ready`));
