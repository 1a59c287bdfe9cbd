// Writes documents into a LevelDB folder with y-leveldb itself, each as many small updates.
//
//   node y_leveldb.mjs FOLDER < {name: [updates in base64]}
//
// The first document is compacted, as the library does after 500 updates.

import { readFileSync } from 'node:fs';
import { LeveldbPersistence } from 'y-leveldb';

const store = new LeveldbPersistence(process.argv[2]);
const documents = Object.entries(JSON.parse(readFileSync(0, 'utf8')));
for (const [name, updates] of documents) {
  for (const update of updates) await store.storeUpdate(name, Buffer.from(update, 'base64'));
  await store.setMeta(name, 'title', `about ${name}`);
}
await store.flushDocument(documents[0][0]);
await store.destroy();
