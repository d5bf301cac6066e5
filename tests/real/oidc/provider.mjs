// A provider of sign-ins for the tests: oidc-provider as it is, with its own pages to sign in. What it is told comes as
// one JSON line on standard input: issuer, port, clients, accounts (subject -> claims), keys, inIdToken.
import { createInterface } from 'node:readline';
import { Provider } from 'oidc-provider';

const [line] = await new Promise((told) => createInterface({ input: process.stdin }).once('line', (one) => told([one])));
const { issuer, port, clients, accounts, keys, inIdToken } = JSON.parse(line);
const provider = new Provider(issuer, {
  clients,
  jwks: { keys },
  claims: {
    openid: ['sub'],
    profile: ['name', 'preferred_username'],
    email: ['email', 'email_verified'],
    groups: ['groups'],
  },
  conformIdTokenClaims: !inIdToken,
  cookies: { keys: ['of these tests alone'] },
  pkce: { required: () => true },
  findAccount: (_, id) => (id in accounts ? { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) } : undefined),
});
provider.on('server_error', (_, error) => console.error(error));
provider.listen(port, '127.0.0.1', () => console.log('listening'));
