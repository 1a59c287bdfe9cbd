// Clients that do what no library would: bytes of our own making in a WebSocket, or in a bare TCP connection.

import { connect } from 'node:net';
import * as encoding from 'lib0/encoding';
import WebSocket from 'ws';
import { until } from './wait.mjs';

// Opens a WebSocket and tells what became of it.
export class Raw {
  constructor(t, url, options = {}) {
    this.messages = [];
    this.closed = null;   // { code, reason }
    this.refused = null;  // { status, body } of an HTTP answer to the handshake
    this.socket = new WebSocket(url, options);
    this.socket.on('message', (data, binary) => this.messages.push(binary ? new Uint8Array(data) : String(data)));
    this.socket.on('close', (code, reason) => (this.closed = { code, reason: String(reason) }));
    this.socket.on('error', () => {});
    this.socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (text) => (body += text));
      response.on('end', () => (this.refused = { status: response.statusCode, body, headers: response.headers }));
    });
    t.after(() => this.socket.terminate());
  }

  async open() {
    await until(() => this.socket.readyState === WebSocket.OPEN || this.closed || this.refused, 'the socket opens');
    return this;
  }

  send(bytes) {
    this.socket.send(bytes);
    return this;
  }

  async closing(ms = 10_000) {
    return until(() => this.closed, 'the server closes the connection', ms);
  }

  async refusal() {
    return until(() => this.refused, 'the server refuses the handshake');
  }
}

// A message of the y-websocket protocol: type, then whatever `write` adds.
export function y_message(type, write = () => {}) {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, type);
  write(encoder);
  return encoding.toUint8Array(encoder);
}

export const y_sync = (kind, payload) =>
  y_message(0, (encoder) => {
    encoding.writeVarUint(encoder, kind);
    encoding.writeVarUint8Array(encoder, payload);
  });

export const y_awareness = (payload) => y_message(1, (encoder) => encoding.writeVarUint8Array(encoder, payload));

// A bare TCP connection: `answer` is all that came back.
export class Tcp {
  constructor(t, server) {
    this.answer = Buffer.alloc(0);
    this.ended = false;
    this.socket = connect(server.port, '127.0.0.1');
    this.socket.on('data', (bytes) => (this.answer = Buffer.concat([this.answer, bytes])));
    this.socket.on('close', () => (this.ended = true));
    this.socket.on('error', () => {});
    t.after(() => this.socket.destroy());
  }

  send(bytes) {
    this.socket.write(bytes);
    return this;
  }

  // Asks for a WebSocket; resolves with the status of the answer.
  async upgrade(path) {
    this.send(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await until(() => this.answer.includes('\r\n\r\n'), 'the handshake is answered');
    return Number(this.answer.toString('latin1').split(' ')[1]);
  }

  async end(ms = 10_000) {
    await until(() => this.ended, 'the connection is closed', ms);
    return this.answer;
  }
}

// A masked frame as a client sends it; `claim` is a length to lie about.
export function frame(opcode, payload, { final = true, masked = true, claim = payload.length } = {}) {
  const head = [(final ? 0x80 : 0) | opcode];
  const mask = masked ? 0x80 : 0;
  if (claim < 126) head.push(mask | claim);
  else if (claim < 65536) head.push(mask | 126, claim >> 8, claim & 255);
  else {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(claim));
    head.push(mask | 127, ...length);
  }
  if (masked) head.push(0, 0, 0, 0);
  return Buffer.concat([Buffer.from(head), Buffer.from(payload)]);
}

// The close code in the last frame of what a server sent, or null.
export function close_code_in(answer) {
  const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4);
  for (let at = 0; at + 2 <= body.length; ) {
    const short = body[at + 1] & 127;
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    const length = extra === 2 ? body.readUInt16BE(at + 2) : extra === 8 ? Number(body.readBigUInt64BE(at + 2)) : short;
    if ((body[at] & 15) === 8) return body.readUInt16BE(at + 2 + extra);
    at += 2 + extra + length;
  }
  return null;
}


