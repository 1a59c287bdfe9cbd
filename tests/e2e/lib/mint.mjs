// Tokens as an identity provider issues them, signed with a secret of the test (HS256).

import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch_dir } from './server.mjs';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export class Mint {
  // `args` are for a server that takes its tokens, without leeway; the claim `scope` says read, write or admin.
  constructor(t) {
    this.secret = randomBytes(32);
    const file = join(scratch_dir(t, 'keys'), 'keys.json');
    writeFileSync(file, JSON.stringify({ keys: [{ kty: 'oct', alg: 'HS256', k: this.secret.toString('base64url') }] }));
    this.args = ['--jwt-keys', file, '--jwt-algorithms', 'HS256', '--jwt-leeway-seconds', '0',
      '--jwt-issuer', 'https://idp.example', '--jwt-rights-claim', 'scope'];
  }

  sign(claims, header = {}) {
    const text = `${encode({ alg: 'HS256', ...header })}.${encode(claims)}`;
    return `${text}.${createHmac('sha256', this.secret).update(text).digest('base64url')}`;
  }

  // A token of somebody for so many seconds.
  token(who, seconds, more = {}) {
    const now = Math.floor(Date.now() / 1000);
    return this.sign({ iss: 'https://idp.example', sub: who, name: who, jti: randomUUID(), scope: 'write', iat: now, exp: now + seconds, ...more });
  }
}
