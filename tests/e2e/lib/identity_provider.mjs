// An identity provider: an HTTP server of this machine that publishes its keys, and signs tokens with npm `jose`.
// It can behave badly: `provider.mode`.

import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { SignJWT, exportJWK, generateKeyPair, generateSecret } from 'jose';
import { at_end } from './server.mjs';

export const kAlgorithms = ['EdDSA', 'ES256', 'ES384', 'RS256', 'PS256'];

// A key pair (of HS256: a secret) with its id: { alg, kid, key, jwk } where jwk is what is published.
export async function new_key(alg, kid) {
  if (alg.startsWith('HS')) {
    const key = await generateSecret(alg, { extractable: true });
    return { alg, kid, key, jwk: { ...(await exportJWK(key)), kid, alg, use: 'sig' } };
  }
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

// A signed token. `claims` may take away what is there by default with undefined.
export function sign({ alg, kid, key }, claims = {}, header = {}) {
  const now = Math.floor(Date.now() / 1000);
  const all = { sub: 'ann', name: 'Ann Lee', iss: 'https://id.example', aud: 'docs', iat: now, exp: now + 300, ...claims };
  return new SignJWT(all).setProtectedHeader({ alg, kid, typ: 'JWT', ...header }).sign(key);
}

export class IdentityProvider {
  // How it answers: 'well', 'stalls', 'floods' (over 1 MiB), 'endless', 'redirects', 'breaks' (500), 'garbage', 'lies' (another
  // issuer in the discovery document), 'nowhere' (no address of keys), 'secret' (publishes a secret).
  mode = 'well';
  keys = [];
  asked = { discovery: 0, keys: 0, elsewhere: 0 };

  // `tls`: { cert, key }, in PEM.
  static async start(t, { alg = 'ES256', tls } = {}) {
    const provider = new IdentityProvider();
    provider.key = await new_key(alg, 'first');
    provider.keys = [provider.key];
    const answer = (request, response) => provider.answer(request, response);
    provider.server = tls ? createTlsServer(tls, answer) : createServer(answer);
    await new Promise((listening) => provider.server.listen(0, '127.0.0.1', listening));
    at_end(t, async () => {
      provider.server.closeAllConnections();
      provider.server.close();
    });
    provider.issuer = `${tls ? 'https' : 'http'}://127.0.0.1:${provider.server.address().port}`;
    provider.jwks = `${provider.issuer}/keys`;
    return provider;
  }

  sign(claims = {}, header = {}) {
    return sign(this.key, { iss: this.issuer, ...claims }, header);
  }

  // The next tokens are signed with another key; the old one is no longer published unless it is kept.
  async rotate(kid, { keep = false } = {}) {
    this.key = await new_key(this.key.alg, kid);
    this.keys = keep ? [...this.keys, this.key] : [this.key];
  }

  answer(request, response) {
    const discovery = request.url === '/.well-known/openid-configuration';
    if (discovery) ++this.asked.discovery;
    else if (request.url === '/keys') ++this.asked.keys;
    else ++this.asked.elsewhere;
    const json = (value) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
    const document = { issuer: this.issuer, jwks_uri: this.jwks };
    const set = { keys: this.keys.map(({ jwk }) => jwk) };
    switch (this.mode) {
      case 'stalls': return undefined;
      case 'floods': return json({ ...set, more: 'x'.repeat(1 << 20) });
      case 'endless': return this.never_end(response);
      case 'redirects': return response.writeHead(302, { Location: `${this.issuer}/elsewhere` }).end();
      case 'breaks': return response.writeHead(500).end('no');
      case 'garbage': return response.end('<html>');
      case 'lies': return json({ ...document, ...set, issuer: `${this.issuer}/` });
      case 'nowhere': return json({ issuer: this.issuer });
      case 'secret': return json({ keys: [{ kty: 'oct', k: 'A'.repeat(43), kid: 'first', alg: 'HS256' }] });
      default: return json(discovery ? document : set);
    }
  }

  never_end(response) {
    const timer = setInterval(() => response.write('x'.repeat(64 * 1024)), 1);
    response.on('close', () => clearInterval(timer));
  }
}
