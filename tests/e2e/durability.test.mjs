// kill -9 at random moments under load, over and over: what was acknowledged is there exactly once, and nobody was shown
// what is not.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Y, converged, same_state, y_client } from './lib/clients.mjs';
import { Random, seed } from './lib/random.mjs';
import { Raw, y_sync } from './lib/raw.mjs';
import { Server } from './lib/server.mjs';
import { Typist, complaints, tags_of } from './lib/typist.mjs';
import { sleep, until } from './lib/wait.mjs';

const kKills = Number(process.env.SYNCLINE_KILLS ?? 60);
const kRoundsPerStage = 12;
// Who types where: the documents of a stage are left alone by the next, and looked at again in the end.
const kPlaces = [
  { workspace: 'one', object: 'a/text', protocols: ['y', 'y', 4] },
  { workspace: 'one', object: 'b', protocols: ['y', 3] },
  { workspace: 'two', object: 'c', protocols: [4, 4] },
];

// A replica of its own for a moment: what the server has.
async function load(server, { workspace, object }) {
  const ends = [];
  const client = await y_client({ after: (end) => ends.push(end) }, server, workspace, object);
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(client.doc));
  for (const end of ends) end();
  return doc;
}

class Stage {
  constructor(number) {
    this.number = number;
    this.places = kPlaces.map((place) => ({ ...place, object: `${place.object}-${number}` }));
    this.typists = [];
    this.typing = false;
  }

  async open(t, server, random) {
    t.after(() => this.stop());
    for (const place of this.places) {
      place.typists = [];
      for (const protocol of place.protocols) {
        const typist = new Typist(`s${this.number}n${this.typists.length}`, random);
        await typist.connect(t, server, place.workspace, place.object, protocol);
        place.typists.push(typist);
        this.typists.push(typist);
      }
    }
  }

  // Types until stop(): each client a few hundred times a second, whether connected or not.
  start(random) {
    this.typing = true;
    const step = (typist) => {
      if (!this.typing) return;
      typist.type();
      setTimeout(step, 1 + random.below(6), typist);
    };
    this.typists.forEach(step);
  }

  stop() {
    this.typing = false;
  }

  async check(server, when, options) {
    for (const place of this.places) {
      const doc = await load(server, place);
      assert.deepEqual(complaints(doc, place.typists, options), [], `${place.workspace}/${place.object}, ${when}`);
    }
  }

  async converge(server) {
    for (const place of this.places) {
      await converged(place.typists, 30_000);
      await until(() => place.typists.every((typist) => typist.promises.in_flight === 0), 'everything is confirmed');
      const doc = await load(server, place);
      assert.ok(same_state([doc, place.typists[0].doc]), 'the server has what the clients have');
    }
  }
}

test('the check finds what it looks for', () => {
  const make = () => {
    const typists = ['a', 'b'].map((name) => new Typist(name, new Random(1)));
    for (const typist of typists) {
      typist.promises = { edit: (_edit, run) => run(), confirmed: [] };
      for (let i = 0; i < 20; ++i) typist.type();
      typist.promises.confirmed = [...typist.edits];
    }
    const found = new Y.Doc();
    for (const { doc } of typists) Y.applyUpdate(found, Y.encodeStateAsUpdate(doc));
    return { typists, found, text: found.getText('content') };
  };
  const clean = make();
  assert.deepEqual(complaints(clean.found, clean.typists), []);

  const doubled = make();
  doubled.text.insert(0, tags_of(doubled.found)[3]);
  assert.match(complaints(doubled.found, doubled.typists).join(), /is there 2 times/);

  const lost = make();
  lost.text.delete(0, tags_of(lost.found)[0].length);
  assert.match(complaints(lost.found, lost.typists).join(), /is lost/);

  const invented = make();
  invented.text.insert(0, '[a.99]');
  assert.match(complaints(invented.found, invented.typists).join(), /never typed/);

  const shown = make();
  shown.typists[0].promises.confirmed = [];
  const before = new Y.Doc();
  Y.applyUpdate(before, Y.encodeStateAsUpdate(shown.typists[1].doc));
  assert.deepEqual(complaints(before, shown.typists), []);
  Y.applyUpdate(shown.typists[1].doc, Y.encodeStateAsUpdate(shown.typists[0].doc));
  assert.match(complaints(before, shown.typists).join(), /b was shown a up to/);
});

test('an edit that comes before the one it builds upon is kept until that one comes', { timeout: 90_000 }, async (t) => {
  const server = await Server.start(t);
  const updates = [];
  const doc = new Y.Doc();
  doc.on('update', (update) => updates.push(update));
  doc.getText('content').insert(0, 'first ');
  doc.getText('content').insert(6, 'second');
  const place = { workspace: 'w', object: 'doc' };
  const early = await new Raw(t, `${server.y('w')}/doc?ack=1`).open();
  early.send(y_sync(2, updates[1]));
  await until(async () => (await server.metric('changes_waiting_total')) >= 1, 'it waits');
  await sleep(300); // until it is on disk
  assert.ok(!early.messages.some((message) => message[0] === 100), 'it is not confirmed');
  await server.restart();
  const between = await load(server, place);
  assert.equal(between.getText('content').toString(), '');
  assert.equal(between.store.pendingStructs, null, 'nobody is shown it');
  const late = await new Raw(t, `${server.y('w')}/doc?ack=1`).open();
  late.send(y_sync(2, updates[0]));
  await until(() => late.messages.some((message) => message[0] === 100), 'the first is confirmed');
  await until(async () => (await load(server, place)).getText('content').toString() === 'first second', 'the second follows');
  await server.restart();
  assert.equal((await load(server, place)).getText('content').toString(), 'first second');
});

test(`${kKills} times kill -9 under load (seed ${seed})`, { timeout: 840_000 }, async (t) => {
  const random = new Random();
  const server = await Server.start(t);
  const seen = { in_flight: 0, at_start: 0, resync: 0, own_return: 0, waiting: 0, restart_ms: [] };
  const stages = [];
  let stage;

  const restart = async () => {
    if (random.chance(0.25)) {
      // Dead again while it starts.
      const launched = server.launch().catch(() => {});
      await sleep(random.below(80));
      await server.kill();
      await launched;
      ++seen.at_start;
    }
    const start = Date.now();
    await server.launch();
    seen.restart_ms.push(Date.now() - start);
  };

  for (let kill = 0; kill < kKills; ++kill) {
    if (kill % kRoundsPerStage === 0) {
      stage = new Stage(stages.length);
      stages.push(stage);
      await stage.open(t, server, random);
      stage.start(random);
    }
    await sleep(20 + random.below(250));
    const watched = random.chance(0.7);
    if (watched) for (const typist of stage.typists) typist.stay_away();
    const { signal } = await server.kill();
    assert.equal(signal, 'SIGKILL', server.stderr);
    if (stage.typists.some((typist) => typist.promises.in_flight > 0)) ++seen.in_flight;

    if (watched) {
      // Nobody is connected: what the server has now it has from its disk.
      await until(() => stage.typists.every((typist) => !typist.connected), 'every client has noticed');
      await restart();
      stage.stop();
      await stage.check(server, `after kill ${kill + 1}`, { seen });
      for (const typist of stage.typists) typist.back();
      stage.start(random);
    } else {
      // Everybody types on and comes back by itself.
      await restart();
      ++seen.own_return;
    }
    if (random.chance(0.3) || kill % kRoundsPerStage === kRoundsPerStage - 1 || kill === kKills - 1) {
      stage.stop();
      await stage.converge(server);
      if (kill % kRoundsPerStage === kRoundsPerStage - 1 || kill === kKills - 1) {
        for (const typist of stage.typists) typist.stay_away();
        for (const typist of stage.typists) (typist.h_socket ?? typist.client.provider).disconnect();
      } else {
        stage.start(random);
      }
    } else {
      ++seen.resync;
    }
  }

  await server.restart();
  for (const each of stages) await each.check(server, 'in the end', { settled: true });
  for (const { places } of stages) {
    for (const { workspace, object, typists } of places) {
      assert.equal((await server.object(workspace, object)).content, typists[0].doc.getText('content').toString());
    }
  }
  const edits = stages.flatMap((each) => each.typists).reduce((sum, typist) => sum + typist.edits.length, 0);
  const slowest = Math.max(...seen.restart_ms);
  t.diagnostic(`${edits} edits; kills with edits in flight: ${seen.in_flight}, during a start: ${seen.at_start}, while clients resynchronised: ${seen.resync}, with clients returning by themselves: ${seen.own_return}; confirmed edits that waited for earlier ones: ${seen.waiting}; slowest restart ${slowest} ms`);
  assert.ok(seen.in_flight >= kKills / 4, 'kills hit edits in flight');
  assert.ok(kKills < 20 || (seen.at_start > 0 && seen.own_return > 0 && seen.resync > 0), 'every kind of kill occurred');
  assert.ok(slowest < 5000, 'a restart is quick');
});
