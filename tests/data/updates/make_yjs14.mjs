// Made yjs14.v1 and yjs14-nested.v1, with @y/y 14.0.0-rc.7: documents of the next version of Yjs, which has one type for all.
import * as Y from '@y/y';
import { writeFileSync } from 'node:fs';

const flat = new Y.Doc();
flat.get('content').insert(0, 'Hello text');
flat.get('map').setAttr('title', 'Plan');
flat.get('list').insert(0, [1, 2, { a: 1 }]);
flat.get('both').setAttr('k', 1);
flat.get('both').insert(0, 'xy');
const paragraph = new Y.Type('p');
paragraph.setAttr('class', 'x');
paragraph.insert(0, 'inner');
flat.get('n').insert(0, [paragraph]);
flat.get('fmt').insert(0, 'bold', { bold: true });
writeFileSync('yjs14.v1', Y.encodeStateAsUpdate(flat));

const nested = new Y.Doc();
const todo = new Y.Type();
todo.setAttr('title', 'Buy');
nested.get('todo').insert(0, [todo]);
const parts = { t: ['some text'], list: [[1, 2]], mixed: ['abc'], empty: [] };
for (const [key, children] of Object.entries(parts)) {
  const part = new Y.Type();
  for (const child of children) part.insert(0, child);
  if (key === 'mixed') part.setAttr('k', 'v');
  nested.get('outer').setAttr(key, part);
}
writeFileSync('yjs14-nested.v1', Y.encodeStateAsUpdate(nested));
